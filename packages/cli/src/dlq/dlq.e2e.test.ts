/** The way of a dead letter: listed, shown, published again as it was or repaired, never twice and never in a circle. */
import { randomBytes } from "node:crypto";
import { REDRIVE_HEADERS } from "@kith/contracts";
import { advisoryKey } from "@kith/database";
import { createPublisher, partitionOf } from "@kith/kafka";
import { ask, readTopic, rowsOf, until, useSystem } from "@kith/testkit/system";
import { beforeAll, expect, test } from "vitest";
import { EXIT } from "../exit-codes.ts";
import { kithEnv, runKith } from "../testing/run-kith.ts";

const world = useSystem();

async function kith(...words: string[]) {
  const { warned, ...run } = await runKith(["dlq", ...words], kithEnv(world));
  return { ...run, warned: warned.join("\n") };
}

const observation = (eventId: string, email: string) =>
  JSON.stringify({ v: 1, eventId, email, seenAt: 1, normVersion: 1 });
const GIVEN = {
  // Not text, so that "as it was" is about octets.
  garbage: { partition: 0, key: Buffer.from([0, 255]), value: Buffer.from([1, 2, 255]) },
  upperCase: { partition: 1, key: "k", value: observation("e1", "Lorraine@HillValley.edu") },
  incomplete: { partition: 2, key: null, value: '{"v":1,"email":"doc@hillvalley.edu"}' },
};
const HEADERS = { own: "1", [REDRIVE_HEADERS.attempt]: "99" };
const places: Record<keyof typeof GIVEN | "huge", string> = { garbage: "", upperCase: "", incomplete: "", huge: "" };

beforeAll(async () => {
  const publisher = createPublisher(world.kafka, { deadlineMs: 20_000, compression: "gzip" });
  const topic = world.topics.names.orderIdentity;
  for (const name of Object.keys(GIVEN) as (keyof typeof GIVEN)[]) {
    const [at] = await publisher.publish(topic, [{ ...GIVEN[name], headers: HEADERS }]);
    places[name] = `${at!.partition}:${at!.offset}`;
  }
  // Compressed, a record may be larger than a topic allows.
  const value = Buffer.concat([randomBytes(1_000), Buffer.alloc(1_500_000, "x")]);
  const [at] = await publisher.publish(topic, [{ partition: 3, key: "h", value }]);
  places.huge = `${at!.partition}:${at!.offset}`;
  await publisher.close();
  await world.system.untilSettled();
});

type Listed = {
  place: string;
  code: string;
  bytes: number;
  isCut: boolean;
  redriven: object | null;
  redrivenFrom: string;
};
const listed = async (...words: string[]) =>
  (await kith("list", "--json", ...words)).printed.map((line) => JSON.parse(line) as Listed);

const logRecord = async (place: string) => {
  const records = await readTopic(world.kafka, world.topics.names.orderIdentity);
  return records.find((one) => `${one.partition}:${one.offset}` === place)!;
};

/** Where a redrive says that it put the letter. */
async function redrive(place: string, ...words: string[]): Promise<string> {
  const { exitCode, printed, warned } = await kith("redrive", place, ...words);
  expect({ exitCode, warned }).toEqual({ exitCode: EXIT.done, warned: "" });
  const to = printed[0]?.split(" redriven to ")[1];
  expect(printed).toEqual([`${place} redriven to ${to}`, "1 redriven, 0 redriven before, 0 not redriven"]);
  await world.system.untilSettled();
  return to!;
}

test("lists what could not be applied, and nothing of what it said", async () => {
  const { exitCode, printed, warned } = await kith("list");
  expect({ exitCode, warned }).toEqual({ exitCode: EXIT.done, warned: "" });
  expect(printed.map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
    ["place", "code"],
    [places.garbage, "not-json"],
    [places.upperCase, "not-canonical"],
    [places.incomplete, "schema"],
    [places.huge, "not-json"],
  ]);
  expect(printed.join().toLowerCase()).not.toContain("hillvalley");
  expect((await listed("--code", "not-json")).map(({ place }) => place)).toEqual([places.garbage, places.huge]);
  const page = await kith("list", "--json", "--limit", "1", "--after", places.garbage);
  expect(page.printed.map((line) => JSON.parse(line).place)).toEqual([places.upperCase]);
  expect(page.warned).toBe(`there are more: --after ${places.upperCase}`);
  expect((await listed("--after", places.incomplete))[0]).toMatchObject({ bytes: 1_501_000, isCut: true });
});

test("shows one of them whole", async () => {
  const shown = JSON.parse((await kith("show", places.upperCase)).printed.join());
  expect(shown).toMatchObject({
    place: places.upperCase,
    code: "not-canonical",
    key: { text: "k" },
    value: { text: GIVEN.upperCase.value },
    headers: [
      { name: "own", text: "1" },
      { name: "kith-redrive-attempt", text: "99" },
    ],
  });
  expect(JSON.parse((await kith("show", places.garbage)).printed.join()).value).toEqual({ base64: "AQL/" });
  expect(await kith("show", "0:999999")).toMatchObject({ exitCode: EXIT.failed, printed: [] });
});

test.each([
  { words: ["redrive"], says: "either places, or --code, or --all" },
  { words: ["redrive", "1:1", "--all"], says: "either places, or --code, or --all" },
  { words: ["redrive", "1:1", "nowhere"], says: "not a place: nowhere" },
  { words: ["redrive", "--code", "none"], says: "the codes are not-json" },
  { words: ["redrive", "--all", "--repair", observation("e", "a@x.io")], says: "for one place" },
  { words: ["redrive", "1:1", "--repair", '{"v":1}'], says: "wrong or missing: eventId" },
  { words: ["redrive", "1:1", "--repair", "/no/such/file"], says: "nor a file that can be read" },
  { words: ["list", "--limit", "0"], says: "--limit is an integer" },
  { words: ["show"], says: "needs a place" },
])("refuses dlq $words", async ({ words, says }) => {
  const { exitCode, printed, warned } = await kith(...words);
  expect(warned).toContain(says);
  expect({ exitCode, printed }).toEqual({ exitCode: EXIT.usage, printed: [] });
});

test("one redrive runs at a time", async () => {
  const key = advisoryKey(world.database.schema, "redrive");
  await world.db.connection().execute(async (session) => {
    await rowsOf(session, `select pg_advisory_lock(${key})`);
    expect(await kith("redrive", "--all")).toMatchObject({ exitCode: EXIT.failed, printed: [] });
    await rowsOf(session, `select pg_advisory_unlock(${key})`);
  });
});

test("what cannot be published again says so, and the rest is", async () => {
  const { exitCode, printed, warned } = await kith("redrive", "--all");
  expect(warned).toContain(`${places.huge}: only its beginning was kept`);
  expect(exitCode).toBe(EXIT.failed);
  expect(printed.at(-1)).toBe("3 redriven, 0 redriven before, 1 not redriven");
  await world.system.untilSettled();

  const [garbage] = await rowsOf<{ redriven_to: string; redrives: number }>(
    world.db,
    "select redriven_to, redrives from dead_letter where partition = 0 and redriven_from is null",
  );
  const copy = await logRecord(garbage!.redriven_to);
  expect({ key: copy.key, value: copy.value }).toEqual({ key: GIVEN.garbage.key, value: GIVEN.garbage.value });
  expect(copy.partition).toBe(partitionOf(GIVEN.garbage.key, 6));
  expect({ ...copy.headers }).toEqual({
    [REDRIVE_HEADERS.from]: Buffer.from(places.garbage),
    [REDRIVE_HEADERS.attempt]: Buffer.from("1"),
    own: Buffer.from("1"),
  });
});

test("what fails again names its origin, and is not taken again by itself", async () => {
  const returned = (await listed()).filter(({ redrivenFrom }) => redrivenFrom !== null);
  expect(returned.map(({ redrivenFrom }) => redrivenFrom).sort()).toEqual(
    [places.garbage, places.upperCase, places.incomplete].sort(),
  );
  const all = await kith("redrive", "--code", "schema");
  expect(all.printed).toEqual(["0 redriven, 0 redriven before, 0 not redriven"]);
  expect(await kith("redrive", places.garbage)).toEqual({
    exitCode: EXIT.done,
    printed: ["0 redriven, 1 redriven before, 0 not redriven"],
    warned: expect.stringContaining(`${places.garbage}: redriven before, to `),
  });
  // Asked for, those that came back are taken once, and what comes back of them is not met in the same run.
  const again = await kith("redrive", "--code", "not-json", "--again", "--repair", "canonical");
  expect(again.printed.at(-1)).toBe("0 redriven, 0 redriven before, 2 not redriven");
  const once = await kith("redrive", "--code", "schema", "--again");
  expect(once.printed.at(-1)).toBe("1 redriven, 0 redriven before, 0 not redriven");
  await world.system.untilSettled();
});

test("a value that is not canonical is made so, and applied", async () => {
  const to = await redrive(places.upperCase, "--again", "--repair", "canonical");
  const { key, partition, value, headers } = await logRecord(to);
  expect(String(key)).toBe("lorraine@hillvalley.edu");
  expect(partition).toBe(partitionOf("lorraine@hillvalley.edu", 6));
  expect(JSON.parse(String(value))).toMatchObject({ eventId: "e1", email: "lorraine@hillvalley.edu", seenAt: 1 });
  expect(String(headers[REDRIVE_HEADERS.attempt])).toBe("2");
  const { status } = await ask(`${world.system.queryUrl}/v1/contacts?email=lorraine@hillvalley.edu`);
  expect(status).toBe(200);
});

test.each(["incomplete", "huge"] as const)("a repaired record takes the place of a value: %s", async (name) => {
  const email = `${name}@hillvalley.edu`;
  const value = observation(name, email);
  await redrive(places[name], "--repair", value, ...(name === "huge" ? [] : ["--again"]));
  const { status } = await ask(`${world.system.queryUrl}/v1/contacts?email=${email}`);
  expect(status).toBe(200);
});

test("a crash between publishing and remembering repeats a record, which changes nothing", async () => {
  const states = () => rowsOf(world.db, "select id, version from identity order by id");
  const before = await states();
  await rowsOf(
    world.db,
    `update dead_letter set redrives = 0, redriven_at = null, redriven_to = null where raw_bytes is not null`,
  );
  await redrive(places.huge, "--repair", observation("huge", "huge@hillvalley.edu"));
  expect(await states()).toEqual(before);
  await until("the letters are on their topic", async () => {
    const rows = await rowsOf<{ n: number }>(
      world.db,
      "select count(*) as n from dead_letter where published_at is null",
    );
    return rows[0]?.n === 0;
  });
});

test("one that is too large for the topic holds up no other", async () => {
  const publisher = createPublisher(world.kafka, { deadlineMs: 20_000, compression: "gzip" });
  // Kept whole, but with the headers of a redrive and not compressed it does not fit any more.
  const large = { partition: 3, key: null, value: "x".repeat(1_048_480) };
  const small = { partition: 5, key: null, value: "y" };
  const given = await publisher.publish(world.topics.names.orderIdentity, [large, small]);
  await publisher.close();
  await world.system.untilSettled();

  const [largePlace, smallPlace] = given.map(({ partition, offset }) => `${partition}:${offset}`);
  const { exitCode, printed, warned } = await kith("redrive", largePlace!, smallPlace!);
  expect(warned).toContain(`${largePlace}: it is too large for the topic`);
  expect(exitCode).toBe(EXIT.failed);
  expect(printed).toEqual([
    expect.stringContaining(`${smallPlace} redriven to `),
    "1 redriven, 0 redriven before, 1 not redriven",
  ]);
});
