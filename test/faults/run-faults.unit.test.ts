import { setTimeout as delay } from "node:timers/promises";
import { seededRandom } from "@kith/testkit";
import { expect, test } from "vitest";
import { type Arena, createDice, type PlannedFault } from "./nemesis/fault.ts";
import { runFaults } from "./run-faults.ts";

/** Faults of a plan that write down when they begin and end; the arena does nothing but let time pass at once. */
function setup(plan: readonly (readonly string[])[], options: { isOver?: () => boolean; failing?: number } = {}) {
  const trace: string[] = [];
  let next = 0;
  const deck = {
    next(): PlannedFault {
      const n = next++;
      return {
        class: `F${n}`,
        variant: "",
        target: "",
        parameters: {},
        needs: plan[n]!,
        touchesRelay: false,
        async run() {
          trace.push(`+${n}`);
          await delay(1);
          trace.push(`-${n}`);
          if (n === options.failing) throw new Error("the rig failed");
          return {};
        },
      };
    },
  };
  const log = { begin: () => () => {}, counts: () => ({}), variants: () => ({}), done: () => 0, ended: () => [] };
  const run = () =>
    runFaults({
      arena: { sleep: async () => {} } as unknown as Arena,
      deck,
      dice: createDice(seededRandom(1)),
      log,
      round: 1,
      faults: plan.length,
      isOver: options.isOver ?? (() => false),
    });
  return { trace, run };
}

test("all that are drawn are run; those that need the same one after the other, in the order of the plan", async () => {
  const { trace, run } = setup([["a"], ["a"], ["b"], ["a", "b"], ["b"], [], ["a"], []]);
  expect(await run()).toHaveLength(8);
  const at = (what: string) => trace.indexOf(what);
  for (const line of [
    [0, 1, 3, 6],
    [2, 3, 4],
  ])
    for (const [index, n] of line.slice(1).entries()) expect(at(`-${line[index]}`)).toBeLessThan(at(`+${n}`));
  // It did not wait for the one before it.
  expect(at("+2")).toBeLessThan(at("+1"));
});

test("no further one is drawn when it is over, and those drawn before are run", async () => {
  let asked = 0;
  const { run } = setup(
    Array.from({ length: 20 }, () => []),
    { isOver: () => ++asked > 6 },
  );
  expect(await run()).toHaveLength(6);
});

test("where the rig fails it rejects, when all others have ended", async () => {
  const { trace, run } = setup([[], [], []], { failing: 1 });
  await expect(run()).rejects.toThrow("the rig failed");
  expect(trace.filter((what) => what.startsWith("+"))).toHaveLength(
    trace.filter((what) => what.startsWith("-")).length,
  );
});
