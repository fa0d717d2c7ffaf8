/** Records that can never be applied, each with the code of the dead letter that it must become. */
import type { DeadLetterCode } from "@kith/contracts";

/** Header of records whose fate is known: the checker reads it from the log, like everything else it knows. */
export const EXPECT_HEADER = "faults-expect";

export type Poison = { readonly value: Buffer | null; readonly code: DeadLetterCode };

const HOUR_US = 3_600_000_000;

/** One of them. `n` makes it unlike the others; `nowMs` is the time of the record. */
export function poisonRecord(random: () => number, n: number, nowMs: number): Poison {
  const kind = KINDS[Math.floor(random() * KINDS.length)]!;
  const good = {
    v: 1,
    eventId: `p-${n}`,
    email: `p${n}@x.io`,
    phone: "70000001",
    seenAt: nowMs * 1_000,
    normVersion: 1,
  };
  return kind(good);
}

type Good = Record<string, unknown> & { seenAt: number };

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const wrong = (change: Record<string, unknown>, code: DeadLetterCode) => (good: Good) => ({
  value: json({ ...good, ...change }),
  code,
});

const KINDS: readonly ((good: Good) => Poison)[] = [
  () => ({ value: null, code: "not-json" }),
  () => ({ value: Buffer.alloc(0), code: "not-json" }),
  () => ({ value: Buffer.from([0xff, 0x00, 0x9c, 0x13]), code: "not-json" }),
  (good) => ({ value: json(good).subarray(0, 20), code: "not-json" }),
  (good) => ({ value: json([good]), code: "not-json" }),
  (good) => ({
    value: Buffer.concat([Buffer.from('{"v":1,"eventId":"'), Buffer.from([0xff]), json(good).subarray(1)]),
    code: "not-json",
  }),
  () => ({
    value: Buffer.concat([Buffer.from('{"v":1,"eventId":"'), Buffer.from([0xff]), Buffer.from('"}')]),
    code: "text",
  }),
  wrong({ v: 2 }, "unknown-version"),
  wrong({ v: undefined }, "schema"),
  wrong({ email: 5 }, "schema"),
  wrong({ eventId: "" }, "schema"),
  wrong({ normVersion: undefined }, "schema"),
  wrong({ email: undefined, phone: undefined }, "no-identifier"),
  wrong({ orderId: "a\0b" }, "text"),
  (good) => ({
    value: Buffer.from(JSON.stringify({ ...good, source: "x" }).replace('"x"', '"\\ud800"')),
    code: "text",
  }),
  wrong({ email: `${"a".repeat(100_000)}@x.io` }, "too-long"),
  wrong({ eventId: "é".repeat(128) }, "too-long"),
  wrong({ email: "A@X.IO" }, "not-canonical"),
  wrong({ phone: " +14155550100" }, "not-canonical"),
  wrong({ email: "test@test.com" }, "junk"),
  wrong({ seenAt: undefined }, "seen-at"),
  wrong({ seenAt: -1 }, "seen-at"),
  wrong({ seenAt: 1.5 }, "seen-at"),
  wrong({ seenAt: "1" }, "seen-at"),
  (good) => ({ value: json({ ...good, seenAt: good.seenAt + 2 * HOUR_US }), code: "seen-at" }),
];
