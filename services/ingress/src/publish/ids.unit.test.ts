import { describe, expect, it } from "vitest";
import { createEventIds } from "./event-id.ts";
import { createRandomHex } from "./random-pool.ts";
import { createSeenAt, recordTimeMs } from "./seen-at.ts";
import { traceparentOf } from "./traceparent.ts";

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A clock that stands still, goes back, and jumps. */
function unsteadyClock(): () => number {
  const times = [1_000, 1_000, 999, 1_001, 5, 1_000_000];
  let index = 0;
  return () => times[Math.floor(index++ / 5_000) % times.length] as number;
}

describe("event ids", () => {
  it("are UUIDv7 of the clock's time", () => {
    const ids = createEventIds(() => 0x0123_4567_89ab, createRandomHex());
    expect(ids()).toMatch(UUID_V7);
    expect(ids().startsWith("01234567-89ab-7")).toBe(true);
  });

  it("grow strictly, 30,000 of them, whatever the clock does", () => {
    const newEventId = createEventIds(unsteadyClock(), createRandomHex());
    let last = "";
    for (let n = 0; n < 30_000; n += 1) {
      const id = newEventId();
      expect(id > last && UUID_V7.test(id)).toBe(true);
      last = id;
    }
  });
});

describe("seenAt", () => {
  const HOUR_US = 3_600_000_000;

  it("is the clock in microseconds", () => expect(createSeenAt()(1_700_000_000_000)).toBe(1_700_000_000_000_000));

  it("grows strictly while the clock stands still, goes back a little, and jumps ahead", () => {
    const nowMs = unsteadyClock();
    const nextSeenAt = createSeenAt();
    let last = 0;
    for (let n = 0; n < 30_000; n += 1) {
      const seenAt = nextSeenAt(nowMs());
      expect(seenAt > last && Number.isSafeInteger(seenAt)).toBe(true);
      last = seenAt;
    }
  });

  it.each([1_000, 1_799_000, 1_801_000, 3_599_000, 3_601_000, 86_400_000, 40 * 365 * 86_400_000])(
    "is never further ahead of its record than the reconciler takes, the clock set back by %d ms",
    (backMs) => {
      const nextSeenAt = createSeenAt();
      const before = 1_700_000_000_000;
      nextSeenAt(before);
      for (let n = 0; n < 3_000; n += 1) {
        const nowMs = before - backMs;
        const seenAt = nextSeenAt(nowMs);
        expect(seenAt).toBeLessThanOrEqual(recordTimeMs(seenAt, nowMs) * 1_000 + HOUR_US);
        // Nor is the record's time far ahead of the clock: brokers refuse what is.
        expect(recordTimeMs(seenAt, nowMs)).toBe(nowMs);
      }
    },
  );

  it("given by an importer stays within the hour although the clock went back since it was checked", () => {
    const seenAt = (1_700_000_000_000 + 3_600_000) * 1_000;
    const timeMs = recordTimeMs(seenAt, 1_700_000_000_000 - 5_000);
    expect(seenAt).toBeLessThanOrEqual(timeMs * 1_000 + HOUR_US);
    expect(recordTimeMs(1, 1_700_000_000_000)).toBe(1_700_000_000_000);
  });
});

describe("random pool", () => {
  it("never hands out a byte twice", () => {
    let byte = 0;
    const randomHex = createRandomHex((pool) => {
      byte += 1;
      pool.fill(byte);
    });
    const taken = Array.from({ length: 1_100 }, () => randomHex(8));
    expect(taken[1_023]).toBe("01".repeat(8));
    expect(taken[1_024]).toBe("02".repeat(8));
  });
});

describe("traceparent", () => {
  const randomHex = createRandomHex();
  const valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  it("is passed on if valid", () => expect(traceparentOf(valid, randomHex)).toBe(valid));

  it.each([
    undefined,
    "",
    valid.toUpperCase(),
    `${valid}-extra`,
    `ff${valid.slice(2)}`,
    `00-${"0".repeat(32)}-00f067aa0ba902b7-01`,
    `00-4bf92f3577b34da6a3ce929d0e0e4736-${"0".repeat(16)}-01`,
    "marty@hillvalley.edu",
  ])("begins anew in place of %j", (header) => {
    const made = traceparentOf(header, randomHex);
    expect(made).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(made).not.toBe(header);
  });

  it("is never all zeros", () => {
    expect(traceparentOf(undefined, (bytes) => "0".repeat(bytes * 2))).toBe(
      `00-${"0".repeat(31)}1-${"0".repeat(15)}1-00`,
    );
  });
});
