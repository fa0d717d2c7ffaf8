import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { type Pressure, watchPressure } from "./watch-pressure.ts";

let pressure: Pressure | undefined;
afterEach(() => pressure?.stop());

/** Keeps the process busy, as too much work does. */
function block(ms: number): void {
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt);
}

describe("watchPressure", () => {
  it("rises when timers come late again and again, and falls when they do not", async () => {
    const watched = watchPressure({ sampleMs: 10, delayMsMax: 40, lateSamplesMax: 3 });
    pressure = watched;
    expect(watched.isHigh()).toBe(false);
    block(80);
    await delay(0);
    expect(watched.isHigh()).toBe(false);
    for (let round = 0; round < 4; round += 1) {
      block(80);
      await delay(0);
    }
    expect(watched.isHigh()).toBe(true);
    await expect.poll(watched.isHigh).toBe(false);
  });
});
