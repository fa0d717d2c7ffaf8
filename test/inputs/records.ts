/**
 * Rows 40 to 54 of the table: anything at all on `order.identity`. Each record that can never be applied becomes a dead
 * letter with its exact code, kept as it was; the offset advances, and the good records around it are applied.
 */
import { DEAD_LETTER_HEADERS, observationId, TOPIC_PARTITIONS } from "@kith/contracts";
import { createPublisher, type LogPlace } from "@kith/kafka";
import { ask, checkAgainstOracle, type PlacedRecord, readTopic, rowsOf, until, type World } from "@kith/testkit/system";
import { beforeAll, describe, expect, test } from "vitest";
import { lookUp } from "./contact-of.ts";
import { BAD_RECORDS, type Given, GOOD_RECORDS, type Headers } from "./record-list.ts";
import { noteSent } from "./sent-values.ts";

const HEADERS: Headers = { "x-trace": "t-1", "x-bytes": Buffer.from([0, 1, 254, 255]), "x-empty": "" };

type DeadLetterRow = {
  readonly code: string;
  readonly reason: string;
  readonly key: Buffer | null;
  readonly raw: Buffer | null;
  readonly headers: [string, string][];
};

/** Where each record of the list lies once the tests run. */
export type Places = Map<Given, LogPlace>;

export function testRecords(world: World): Places {
  const places: Places = new Map();
  const placeOf = (given: Given) => places.get(given) as LogPlace;
  let published: PlacedRecord[];

  beforeAll(async () => {
    await publishAll(world, places);
    await world.system.untilSettled();
    published = await publishedLetters(world);
  });

  describe("records that can never be applied", () => {
    for (const given of BAD_RECORDS) {
      test(`INPUTS ${given.row}: ${given.name} → dead letter ${given.code}`, async () => {
        const place = placeOf(given);
        const [row, ...others] = await letterRows(world, place);
        expect(others).toEqual([]);
        expect(row?.code).toBe(given.code);
        expect(row?.reason).not.toBe("");
        expectSame(row?.key ?? null, keyOf(given));
        expectSame(row?.raw ?? null, given.value);
        const kept = (row?.headers ?? []).map(([name, value]) => [name, Buffer.from(value, "base64")]);
        expect(Object.fromEntries(kept)).toEqual(bytesOfHeaders(HEADERS));

        const copies = published.filter((one) => isOf(one, place));
        expect(copies).toHaveLength(1);
        const { key, value, headers } = copies[0] as PlacedRecord;
        expectSame(key, keyOf(given));
        expectSame(value, given.value);
        const { [DEAD_LETTER_HEADERS.reason]: reason, ...rest } = bytesOfHeaders(headers as Headers);
        expect(String(reason)).toBe(row?.reason);
        expect(rest).toEqual({ ...bytesOfHeaders(HEADERS), ...placeHeaders(world, given.code, place) });
      });
    }

    test("INPUTS 40: no others → the offsets advanced, counts by code", async () => {
      expect(published).toHaveLength(BAD_RECORDS.length);
      const { body } = await ask<{ lag: number }>(`${world.system.queryUrl}/v1/progress`);
      const counts: Record<string, number> = {};
      for (const { code } of BAD_RECORDS) counts[code] = (counts[code] ?? 0) + 1;
      expect(body).toMatchObject({ lag: 0, deadLetters: counts });
    });
  });

  describe("good records around them", () => {
    for (const given of GOOD_RECORDS) {
      test(`INPUTS ${given.row}: ${given.name} → applied`, async () => {
        const { eventId, email, phone } = JSON.parse(String(given.value)) as Record<string, string | undefined>;
        expect((await lookUp(world, { email, phoneNumber: phone })).status).toBe(200);
        const obsId = observationId(eventId as string, email, phone);
        const rows = await rowsOf(world.db, "select 1 from contact where obs_id = $1", [obsId]);
        // The one that joins two identities brings no identifier of its own.
        expect(rows).toHaveLength(given.name === "joining two" ? 0 : 1);
      });
    }

    test("INPUTS 46: the same id, another payload → two observations", async () => {
      const rows = await rowsOf(world.db, "select obs_id from contact where event_id = 'g1'");
      expect(rows).toHaveLength(2);
    });

    test("INPUTS 49: everything so far, whatever its key and partition → what the oracle says", async () => {
      const letters = await rowsOf<LogPlace>(world.db, `select partition, "offset" from dead_letter`);
      const bad = new Set(letters.map(({ partition, offset }) => `${partition}/${offset}`));
      const { faults, compared } = await checkAgainstOracle(world, (one) => !bad.has(`${one.partition}/${one.offset}`));
      expect(faults).toEqual([]);
      expect(compared.observations).toBeGreaterThan(GOOD_RECORDS.length);
    });
  });
  return places;
}

/** Bad and good in turn, over all partitions, so that each partition has both around each other. */
async function publishAll({ kafka, topics }: World, places: Places): Promise<void> {
  const publisher = createPublisher(kafka, { deadlineMs: 20_000 });
  const all = BAD_RECORDS.flatMap((one, index): Given[] => [one, ...GOOD_RECORDS.slice(index, index + 1)]);
  for (const [index, given] of all.entries()) {
    noteSent(leavesOf(given));
    const outgoing = { key: keyOf(given), value: given.value, headers: HEADERS, partition: index % TOPIC_PARTITIONS };
    // One by one: a batch of them would be larger than the topic takes.
    const [place] = await publisher.publish(topics.names.orderIdentity, [outgoing]);
    places.set(given, place as LogPlace);
  }
  await publisher.close();
}

/** All dead letters as they were published. */
async function publishedLetters({ db, kafka, topics }: World): Promise<PlacedRecord[]> {
  await until("all dead letters are published", async () => {
    const rows = await rowsOf<{ n: number }>(db, "select count(*) as n from dead_letter where published_at is null");
    return rows[0]?.n === 0;
  });
  return await readTopic(kafka, topics.names.deadLetter);
}

/** The rows of the dead letters of one place. */
async function letterRows({ db }: World, { partition, offset }: LogPlace): Promise<DeadLetterRow[]> {
  return await rowsOf<DeadLetterRow>(
    db,
    `select code, reason, key, raw, headers from dead_letter where partition = $1 and "offset" = $2`,
    [partition, offset],
  );
}

function isOf({ headers }: PlacedRecord, { partition, offset }: LogPlace): boolean {
  const at = [headers[DEAD_LETTER_HEADERS.partition], headers[DEAD_LETTER_HEADERS.offset]];
  return at.map(String).join("/") === `${partition}/${offset}`;
}

function placeHeaders({ topics }: World, code: string, { partition, offset }: LogPlace): Record<string, Buffer> {
  return bytesOfHeaders({
    [DEAD_LETTER_HEADERS.code]: code,
    [DEAD_LETTER_HEADERS.topic]: topics.names.orderIdentity,
    [DEAD_LETTER_HEADERS.partition]: String(partition),
    [DEAD_LETTER_HEADERS.offset]: String(offset),
  });
}

const keyOf = ({ key }: Given): Buffer | string | null => (key === undefined ? "k" : key);

/** An empty value is not the same as none. Large ones are compared without printing them. */
function expectSame(actual: Buffer | null, expected: Buffer | string | null): void {
  expect(actual === null).toBe(expected === null);
  if (actual !== null && expected !== null) expect(actual.equals(Buffer.from(expected as string))).toBe(true);
}

function bytesOfHeaders(given: Headers): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, Buffer.from(value as string)]));
}

/** The values within a record, if it is JSON, else its beginning. */
function leavesOf({ value }: Given): unknown {
  try {
    return JSON.parse(String(value));
  } catch (error) {
    if (error instanceof SyntaxError) return String(value);
    throw error;
  }
}
