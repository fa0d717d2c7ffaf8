import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createQuota, takeFrom } from "./quota.ts";

describe("takeFrom", () => {
  it("grants two seconds' worth at once, then as much as time brings back", () => {
    const quota = createQuota(1_000);
    expect(takeFrom(quota, 2_000, 50_000)).toBe(0);
    expect(takeFrom(quota, 1, 50_000)).toBeCloseTo(1);
    expect(takeFrom(quota, 500, 50_499)).toBeCloseTo(1);
    expect(takeFrom(quota, 500, 50_500)).toBe(0);
  });

  it("lets the largest batch pass once even where a second brings one item", () => {
    const quota = createQuota(1);
    expect(takeFrom(quota, 1_000, 9_000)).toBe(0);
    expect(takeFrom(quota, 1, 9_000)).toBeCloseTo(1_000);
    expect(takeFrom(quota, 1_000, 9_000 + 1_000_000)).toBe(0);
  });

  it("takes nothing where it refuses", () => {
    const quota = createQuota(10);
    expect(takeFrom(quota, 999, 0)).toBe(0);
    expect(takeFrom(quota, 2, 0)).toBeGreaterThan(0);
    expect(takeFrom(quota, 1, 0)).toBe(0);
  });

  it("is not refilled by a change of its rate", () => {
    const before = createQuota(1_000);
    takeFrom(before, 2_000, 0);
    expect(takeFrom(createQuota(1_000, before), 1, 0)).toBeGreaterThan(0);
  });

  it("never grants more than the burst and what the time brought, however it is asked", () => {
    const asks = fc.array(fc.record({ afterMs: fc.nat(5_000), count: fc.integer({ min: 1, max: 1_000 }) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), asks, (perSecond, all) => {
        const quota = createQuota(perSecond);
        let nowMs = 0;
        let granted = 0;
        for (const { afterMs, count } of all) {
          nowMs += afterMs;
          if (takeFrom(quota, count, nowMs) === 0) granted += count;
          expect(granted).toBeLessThanOrEqual(Math.max(2 * perSecond, 1_000) + (nowMs * perSecond) / 1_000 + 0.01);
        }
      }),
    );
  });
});
