import { setImmediate as turn } from "node:timers/promises";
import { expect, it } from "vitest";
import { createInTurn } from "./in-turn.ts";

it("does one thing after the other, also after one that failed", async () => {
  const inTurn = createInTurn();
  const done: string[] = [];
  const work = (name: string, fails = false) =>
    inTurn(async () => {
      done.push(`${name} begins`);
      await turn();
      if (fails) throw new Error(name);
      done.push(`${name} ends`);
      return name;
    });
  const [stop, start, again] = await Promise.allSettled([work("stop"), work("start", true), work("again")]);
  expect(done).toEqual(["stop begins", "stop ends", "start begins", "again begins", "again ends"]);
  expect(stop).toEqual({ status: "fulfilled", value: "stop" });
  expect(start.status).toBe("rejected");
  expect(again).toEqual({ status: "fulfilled", value: "again" });
});
