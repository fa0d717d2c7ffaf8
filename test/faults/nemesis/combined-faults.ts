/** F23: two or three at once, begun and ended in no order. */
import type { FaultClass, Planner } from "./fault.ts";

/** Plans F23 out of other classes. */
export function combine(planners: ReadonlyMap<FaultClass, Planner>): Planner {
  return (dice) => {
    const parts = Array.from({ length: dice.between(2, 3) }, () =>
      planners.get(dice.pick([...planners.keys()]))!(dice),
    );
    const offsets = parts.map(() => dice.between(0, 1_500));
    return {
      class: "F23",
      variant: parts.map((part) => part.class).join("+"),
      target: parts.map((part) => part.target).join(" + "),
      parameters: Object.fromEntries(
        parts.flatMap((part, index) => [
          [`${index + 1}`, `${part.class} ${part.variant} ${JSON.stringify(part.parameters)}`],
          [`${index + 1}.afterMs`, offsets[index]!],
        ]),
      ),
      needs: [...new Set(parts.flatMap((part) => part.needs))],
      touchesRelay: parts.some((part) => part.touchesRelay),
      async run(arena) {
        const results = await Promise.all(
          parts.map(async (part, index) => {
            await arena.sleep(offsets[index]!);
            return await part.run(arena);
          }),
        );
        // One of them is no combination.
        if (results.filter((result) => result !== undefined).length < 2) return undefined;
        return Object.fromEntries(
          results.map((result, index) => [`${index + 1} ${parts[index]!.class}`, result ?? "missed"]),
        );
      },
    };
  };
}
