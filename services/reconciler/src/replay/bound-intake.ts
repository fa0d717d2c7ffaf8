/** An intake that lets no record in that lies at or behind a bound: the log of a partition ends there for the replay. */
import type { Intake } from "../intake.ts";

/** `bounds`: by partition, the offset before which the replay ends. A partition without one is not replayed at all. */
export function boundIntake(intake: Intake, bounds: ReadonlyMap<number, number>): Intake {
  return {
    ...intake,
    async add(chunk) {
      const bound = bounds.get(chunk.partition) ?? 0;
      if (chunk.from >= bound) return;
      if (chunk.to <= bound) return intake.add(chunk);
      await intake.add({ ...chunk, to: bound, records: chunk.records.filter(({ offset }) => offset < bound) });
    },
  };
}
