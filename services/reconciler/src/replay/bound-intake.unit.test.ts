import { buildObservation } from "@kith/testkit/observations";
import { expect, test } from "vitest";
import { createIntake, type DecodedChunk } from "../intake.ts";
import { boundIntake } from "./bound-intake.ts";

function chunk(partition: number, from: number, to: number): DecodedChunk {
  const records = Array.from({ length: to - from }, (_, index) => {
    const offset = from + index;
    const observation = { ...buildObservation({ email: `o${offset}@x.io`, seenAt: offset + 1 }), partition, offset };
    return { kind: "observation" as const, offset, bytes: 10, observation, record: undefined };
  });
  return { partition, from, to, records, isAwaited: false };
}

test("records from the bound on never come in, wherever the chunks are cut", async () => {
  const intake = boundIntake(
    createIntake({ batchEventsMax: 100, batchBytesMax: 10_000 }),
    new Map([
      [0, 5],
      [1, 3],
    ]),
  );
  intake.reset(
    new Map([
      [0, 0],
      [1, 0],
      [2, 0],
    ]),
  );
  for (const one of [chunk(0, 0, 4), chunk(0, 4, 9), chunk(0, 9, 12), chunk(1, 0, 3), chunk(1, 3, 4), chunk(2, 0, 1)]) {
    await intake.add(one);
  }
  const batch = await intake.take();
  expect(batch?.ranges).toEqual([
    { partition: 0, from: 0, to: 5 },
    { partition: 1, from: 0, to: 3 },
  ]);
  expect(batch?.observations.map(({ partition, offset }) => `${partition}/${offset}`)).toEqual([
    "0/0",
    "0/1",
    "0/2",
    "0/3",
    "0/4",
    "1/0",
    "1/1",
    "1/2",
  ]);
});
