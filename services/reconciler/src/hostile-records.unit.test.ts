/**
 * Records as a hostile publisher would write them: whatever the bytes are, each becomes an observation that keeps every
 * rule, or a dead letter with a code, and nothing throws. `pnpm test:fuzz` has the long form: FUZZ_RUNS, FUZZ_SEED.
 */
import { DEAD_LETTER_CODES, TEXT_OCTETS_MAX } from "@kith/contracts";
import { isBuiltInJunk, isCanonicalEmail, isCanonicalPhone } from "@kith/identifiers";
import { createCorpus, createMutate, watchMemory } from "@kith/testkit/mutate-bytes";
import { seededRandom } from "@kith/testkit/observations";
import { expect, test } from "vitest";
import { type DecodedRecord, decodeChunk } from "./pipeline.ts";

const RUNS = Number(process.env.FUZZ_RUNS ?? 15_000);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const NOW_MS = 1_795_000_000_000;
const HOUR_US = 3_600_000_000;
const GROWTH_BYTES_MAX = 48 * 1024 * 1024;
/** All but the one that only the database can find. */
const { unprocessable: _unreachable, ...CODES } = DEAD_LETTER_CODES;
const REACHABLE = { ok: "", ...CODES };
const REASON = /^[A-Za-z0-9 .,:^+'-]{1,500}$/;
const OBS_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const GOOD = { v: 1, eventId: "evt-1", email: "mcfly@hillvalley.edu", phone: "123456", seenAt: 1, normVersion: 1 };
const SAMPLES = [
  JSON.stringify(GOOD),
  JSON.stringify({ ...GOOD, orderId: "o-77", source: "shop", occurredAt: "2026-11-24T10:00:00Z", dropped: ["phone"] }),
  JSON.stringify({ ...GOOD, phone: "+14155550100", email: undefined, seenAt: (NOW_MS + 3_600_000) * 1_000 }),
  JSON.stringify({ ...GOOD, email: "umlaut@xn--tda.de", deeper: { a: [{ b: null }] } }),
  JSON.stringify({ ...GOOD, v: 2 }),
  `[${JSON.stringify(GOOD)}]`,
  "",
];
const FIELDS = [
  "v",
  "eventId",
  "orderId",
  "email",
  "phone",
  "seenAt",
  "source",
  "occurredAt",
  "normVersion",
  "dropped",
];
const ODD_VALUES = [
  null,
  true,
  0,
  -1,
  1.5,
  2,
  1e21,
  2 ** 53,
  NOW_MS * 1_000 + 2 * HOUR_US,
  [],
  {},
  ["email"],
  "",
  " ",
  "\0",
  "\ud800",
  "null",
  "+1",
  "00000",
  "test@test.com",
];
const WORDS = [
  '"v":1',
  '"email":"',
  '"phone":"',
  '"seenAt":',
  '"eventId":',
  '"__proto__":{',
  '"constructor":{"prototype":{',
  "\\u0000",
  "\\ud800",
  "\\udfff",
  "null",
  "1e400",
  "-0",
  "9007199254740993",
  "1.5",
  "[[[[",
  "{}",
  "xn--a",
  "@",
  "+00",
  "\u212a",
  "\u0130",
  "x".repeat(300),
  "[".repeat(2_000),
  Buffer.from([0xff, 0xfe]),
  Buffer.from([0xc3]),
  Buffer.from([0xef, 0xbb, 0xbf]),
];

test(`${RUNS} hostile records, seed ${SEED}`, { timeout: 3_600_000 }, () => {
  const random = seededRandom(SEED);
  const corpus = createCorpus(random, SAMPLES);
  const mutate = createMutate(random, WORDS);
  const watch = watchMemory(RUNS, GROWTH_BYTES_MAX);
  const codes = new Map<string, number>();
  for (let run = 0; run < RUNS; run += 1) {
    const value = random() < 0.5 ? mutate(corpus.next()) : oddFields(random, mutate);
    const record = hostileRecord(value, run, random, mutate);
    const [decoded] = decodeChunk({ partition: 0, from: run, to: run + 1, logEnd: run + 1, records: [record] }, false);
    const [code, answer] = check(decoded as DecodedRecord, record.timestampMs);
    codes.set(code, (codes.get(code) ?? 0) + 1);
    corpus.learn(value, answer);
    watch(run);
  }
  if (process.env.FUZZ_RUNS !== undefined) console.log(Object.fromEntries([...codes].sort()));
  // A fuzzer that never gets past the door shows nothing.
  for (const code of Object.keys(REACHABLE)) expect(codes.get(code) ?? 0, code).toBeGreaterThan(RUNS / 5_000);
});

/** JSON of the right form, but for one or two fields: what gets past the first door. */
function oddFields(random: () => number, mutate: (bytes: Buffer) => Buffer): Buffer {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const record: Record<string, unknown> = { ...GOOD, orderId: "o-77", source: "shop" };
  for (let left = 1 + Math.floor(random() * 2); left > 0; left -= 1) {
    const name = pick(FIELDS);
    const text = String(record[name] ?? "");
    if (random() < 0.2) delete record[name];
    else if (random() < 0.3) record[name] = pick(ODD_VALUES);
    else record[name] = mutate(Buffer.from(text)).toString(random() < 0.5 ? "latin1" : "utf8");
  }
  return Buffer.from(JSON.stringify(record));
}

/** Keys and headers are anybody's, too. */
function hostileRecord(value: Buffer, offset: number, random: () => number, mutate: (bytes: Buffer) => Buffer) {
  const isPlain = random() < 0.9;
  const noise = () => mutate(Buffer.from("kith-code"));
  return {
    offset,
    timestampMs: random() < 0.99 ? NOW_MS : -1,
    key: isPlain ? null : noise(),
    value: random() < 0.001 ? null : value,
    headers: isPlain
      ? {}
      : { [noise().toString("latin1")]: noise(), "kith-redriven-from": noise(), list: [noise(), noise().toString()] },
  };
}

/** Throws unless the outcome keeps every rule. Its code, and an answer that tells outcomes apart. Without `expect`: it would take longer than all the rest. */
function check(decoded: DecodedRecord, timestampMs: number): [code: string, answer: string] {
  if (decoded.kind === "dead-letter") {
    const { code, reason, raw, headers } = decoded.deadLetter;
    must(code in DEAD_LETTER_CODES, "the code is one of the table");
    must(REASON.test(reason), "the reason has no value");
    must(raw === null || raw.length <= 1_048_576, "the raw value is cut");
    for (const part of (JSON.parse(headers as string) as string[][]).flat()) {
      must(part.isWellFormed() && !part.includes("\0"), "the headers are text that Postgres takes");
    }
    return [code, `${code} ${reason}`];
  }
  const { obsId, eventId, orderId, email, phone, seenAt } = decoded.observation;
  must(OBS_ID.test(obsId), "the id is a UUID of version 8");
  must(email !== null || phone !== null, "there is an identifier");
  must(email === null || (isCanonicalEmail(email) && !isBuiltInJunk("email", email)), "the email is canonical");
  must(phone === null || (isCanonicalPhone(phone) && !isBuiltInJunk("phone", phone)), "the phone is canonical");
  must(Number.isSafeInteger(seenAt) && seenAt >= 0 && seenAt <= timestampMs * 1_000 + HOUR_US, "the age is one");
  for (const text of [eventId, orderId ?? ""]) {
    must(Buffer.byteLength(text) <= TEXT_OCTETS_MAX.eventId, "the text is not too long");
    must(text.isWellFormed() && !text.includes("\0"), "the text is one that Postgres takes");
  }
  return ["ok", `ok ${email !== null} ${phone !== null} ${orderId !== null}`];
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not so: ${what}`);
}
