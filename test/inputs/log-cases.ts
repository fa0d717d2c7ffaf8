/** Rows 41 to 54 as far as they need more than one record: codecs, transactions, the largest, the late, the redriven. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Compression, createPublisher, type LogPlace, PublishError } from "@kith/kafka";
import { publishTransaction, rowsOf, until, type World } from "@kith/testkit/system";
import { describe, expect, test } from "vitest";
import { lookUp } from "./contact-of.ts";
import { BAD_RECORDS, record } from "./record-list.ts";
import type { Places } from "./records.ts";
import { noteSent } from "./sent-values.ts";

const run = promisify(execFile);
const CLI = join(import.meta.dirname, "../../packages/cli/src/main.ts");
const CODECS: readonly Compression[] = ["none", "gzip", "snappy", "lz4", "zstd"];
const TOPIC_BYTES_MAX = 1_048_576;

type LetterRow = {
  readonly code: string;
  readonly redriven_from: string | null;
  readonly raw_bytes: number | null;
  readonly raw_sha256: Buffer | null;
  readonly kept: number;
};

export function testLogCases(world: World, places: Places): void {
  async function publish(value: string, compression: Compression = "none", partition = 0): Promise<LogPlace> {
    const publisher = createPublisher(world.kafka, { deadlineMs: 10_000, compression });
    try {
      const [place] = await publisher.publish(world.topics.names.orderIdentity, [{ key: "k", value, partition }]);
      return place as LogPlace;
    } finally {
      await publisher.close();
    }
  }
  const isKnown = async (email: string) => (await lookUp(world, { email })).status === 200;
  const letterAt = async ({ partition, offset }: LogPlace) =>
    (
      await rowsOf<LetterRow>(
        world.db,
        `select code, redriven_from, raw_bytes, raw_sha256, length(raw) as kept from dead_letter where partition = $1 and "offset" = $2`,
        [partition, offset],
      )
    )[0];

  test.each(CODECS)("INPUTS 41: %s → decoded", async (codec) => {
    const email = `codec-${codec}@x.io`;
    await publish(record({ eventId: email, email, padding: "squeeze me ".repeat(200) }), codec);
    await until(`${codec} is applied`, () => isKnown(email));
  });

  test("INPUTS 43: a batch of exactly max.message.bytes → applied; one octet more → refused by Kafka", async () => {
    const email = "largest@x.io";
    const sized = (bytes: number) => {
      const bare = record({ eventId: email, email, padding: "" });
      // What Kafka puts around a value of this size with a key of one octet: 61 for the batch, 12 for the record.
      return record({ eventId: email, email, padding: "p".repeat(bytes - 61 - 12 - bare.length) });
    };
    await expect(publish(sized(TOPIC_BYTES_MAX + 1))).rejects.toThrow(PublishError);
    await publish(sized(TOPIC_BYTES_MAX));
    await until("the largest is applied", () => isKnown(email));
  });

  test("INPUTS 48: an older observation after newer ones → the primary changes, the version is the next", async () => {
    await publish(record({ eventId: "late-1", email: "late-1@x.io", phone: "7000481", seenAt: 2_000 }), "none", 1);
    await publish(record({ eventId: "late-2", email: "late-2@x.io", phone: "7000481", seenAt: 3_000 }), "none", 1);
    await world.system.untilSettled();
    const before = (await lookUp(world, { email: "late-1@x.io" })).body;
    expect(before.contact.emails).toEqual(["late-1@x.io", "late-2@x.io"]);
    await publish(record({ eventId: "late-0", email: "late-0@x.io", phone: "7000481", seenAt: 1_000 }), "none", 2);
    await world.system.untilSettled();
    const after = (await lookUp(world, { phoneNumber: "7000481" })).body;
    expect(after.contact.emails).toEqual(["late-0@x.io", "late-1@x.io", "late-2@x.io"]);
    expect(after.contact.primaryContactId).not.toBe(before.contact.primaryContactId);
    expect(after.identity.version).toBe(before.identity.version + 1);
    // The old id still finds them.
    expect((await lookUp(world, { email: "late-1@x.io" })).body).toEqual(after);
  });

  test("INPUTS 50: transactions, committed and aborted → the kept ones applied, no gap seen", async () => {
    const topic = world.topics.names.orderIdentity;
    const email = (name: string) => `transaction-${name}@x.io`;
    for (const outcome of ["commit", "abort"] as const) {
      const values = [record({ eventId: `transaction-${outcome}`, email: email(outcome) })];
      noteSent(email(outcome));
      await publishTransaction(world.kafka, { topic, partition: 3, values, outcome });
    }
    await publish(record({ eventId: "transaction-after", email: email("after") }), "none", 3);
    await until("what came after is applied", () => isKnown(email("after")));
    expect([await isKnown(email("commit")), await isKnown(email("abort"))]).toEqual([true, false]);
    await world.system.untilSettled();
  });

  describe("dead letters", () => {
    const redrive = (...words: string[]) =>
      run(process.execPath, [CLI, "dlq", "redrive", ...words], {
        env: {
          PATH: process.env.PATH,
          DATABASE_URL: world.database.url,
          DATABASE_SCHEMA: world.database.schema,
          KAFKA_BROKERS: world.topics.brokers.join(","),
          TOPIC_PREFIX: world.topics.prefix,
        },
      });
    const placeOf = (name: string) => {
      const { partition, offset } = places.get(BAD_RECORDS.find((one) => one.name === name)!) as LogPlace;
      return `${partition}:${offset}`;
    };

    test("INPUTS 54: redriven unchanged → dead letter again", async () => {
      const place = placeOf("v as text");
      const { stdout } = await redrive(place);
      expect(stdout).toContain("1 redriven");
      await until("it is a dead letter again", async () => {
        const rows = await rowsOf<LetterRow>(
          world.db,
          "select code, redriven_from from dead_letter where redriven_from like $1",
          [`%${place}`],
        );
        return rows.length === 1 && rows[0]?.code === "schema";
      });
      // Once more changes nothing: it was redriven.
      expect((await redrive(place)).stdout).toContain("0 redriven, 1 redriven before");
    });

    test("INPUTS 44: redriven with its values made canonical → applied", async () => {
      expect(await isKnown("a@x.io")).toBe(false);
      await redrive(placeOf("upper case"), "--repair", "canonical");
      await until("it is applied", () => isKnown("a@x.io"));
    });

    test("INPUTS 54: larger than the limit → cut, with the hash and size of the whole", async () => {
      const value = `[${"9".repeat(3_000_000)}]`;
      const place = await publish(value, "gzip");
      const letter = await until("it is a dead letter", () => letterAt(place));
      expect(letter).toMatchObject({ code: "not-json", raw_bytes: value.length, kept: 1_048_576 });
      expect(letter.raw_sha256).toEqual(createHash("sha256").update(value).digest());
    });
  });
}
