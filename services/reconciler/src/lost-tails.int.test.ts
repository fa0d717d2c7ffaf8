/** A log that ends before what was read of it: nobody goes on there, however far it grows, until somebody has said where. */
import { TOPIC_PARTITIONS } from "@kith/contracts";
import { closeKafka, connectKafka, createPublisher, describeTopic } from "@kith/kafka";
import { createLogger, createMetrics } from "@kith/service-kit";
import { keptLog, testDatabase, testTopics } from "@kith/testkit";
import { rowsOf } from "@kith/testkit/system";
import { expect, onTestFinished, test } from "vitest";
import { createReconcilerMeter } from "./metrics.ts";
import { startReconciler } from "./reconciler.ts";
import { type LostTail, rememberLostTails } from "./remember-lost-tails.ts";
import { configOf } from "./testing/config-of.ts";

/** As docs/operations.md has it. */
const OPERATORS_STEP = `update kith.consumer_offset set next_offset = least(next_offset, lost_from), lost_from = null
  where topic_id = (select topic_id from kith.deployment) and lost_from is not null`;
const ANOTHER_TOPIC = "00000000-0000-4000-8000-000000000001";

async function setup() {
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  const topics = await testTopics();
  const kafka = connectKafka({ brokers: topics.brokers, clientId: "kith-test" });
  onTestFinished(() => closeKafka(kafka));
  const publisher = createPublisher(kafka, { deadlineMs: 20_000 });
  onTestFinished(() => publisher.close());
  const topic = topics.names.orderIdentity;
  const { topicId } = (await describeTopic(kafka, topic))!;
  const config = configOf(database, topics);
  const db = database.open("admin");
  const fatals: string[] = [];
  let published = 0;

  return {
    db,
    kafka,
    topic,
    topicId,
    fatals,
    async publish(partition: number, count: number): Promise<void> {
      const records = Array.from({ length: count }, () => {
        const n = ++published;
        const value = `{"v":1,"eventId":"tail-${n}","email":"tail-${n}@x.io","seenAt":${1_000 + n},"normVersion":1}`;
        return { key: null, value, partition };
      });
      await publisher.publish(topic, records);
    },
    /** With the lines it logs. */
    async start() {
      const lines: Record<string, unknown>[] = [];
      const destination = {
        write(line: string) {
          lines.push(JSON.parse(line));
          keptLog.write(line);
        },
      };
      const reconciler = await startReconciler({
        config,
        kafka,
        logger: createLogger({ service: "test", level: "debug", destination }),
        meter: createReconcilerMeter(createMetrics()),
        onFatal: (what) => void fatals.push(what),
      });
      return { lines, close: () => reconciler.close() };
    },
    countContacts: async () => (await rowsOf(db, "select 1 from contact")).length,
    readOffsets: () =>
      rowsOf<{ partition: number; next_offset: number; lost_from: number | null }>(
        db,
        "select partition, next_offset, lost_from from consumer_offset where topic_id = $1 order by partition",
        [topicId],
      ),
    remember: (tail: LostTail) => rememberLostTails({ kafka, db, topic, topicId }, tail),
  };
}

/** Settles some records, after which the logs of partitions 1 and 4 end before the offsets, as after a loss of tails. */
async function setupLostTails() {
  const world = await setup();
  const { db, topicId } = world;
  for (let partition = 0; partition < TOPIC_PARTITIONS; partition++) await world.publish(partition, 3);
  const first = await world.start();
  await expect.poll(world.countContacts).toBe(3 * TOPIC_PARTITIONS);
  await first.close();
  await rowsOf(db, "update consumer_offset set next_offset = 5 where topic_id = $1 and partition in (1, 4)", [topicId]);
  return world;
}

test("once a tail was found lost no reconciler goes on, also when the log has grown, until an operator acts", async () => {
  const { db, fatals, publish, start, countContacts, readOffsets } = await setupLostTails();
  const finding = await start();
  await expect.poll(() => fatals).toEqual(["the consumer stopped: beyond-log-end"]);
  await finding.close();
  expect((await readOffsets()).filter(({ lost_from }) => lost_from !== null)).toEqual([
    { partition: 1, next_offset: 5, lost_from: 3 },
    { partition: 4, next_offset: 5, lost_from: 3 },
  ]);

  // Two of each lie before the offset, and one behind it.
  await publish(1, 3);
  await publish(4, 3);
  const again = await start();
  await expect.poll(() => fatals).toHaveLength(2);
  await again.close();
  expect(again.lines.find(({ level }) => level === "fatal")).toMatchObject({
    msg: "the consumer stopped: beyond-log-end",
    reason: { kind: "beyond-log-end", partition: expect.any(Number), position: 5, logEnd: 3 },
  });
  expect(fatals[1]).toBe(fatals[0]);
  expect(await countContacts()).toBe(3 * TOPIC_PARTITIONS);

  await rowsOf(db, OPERATORS_STEP);
  const after = await start();
  await expect.poll(countContacts).toBe(3 * TOPIC_PARTITIONS + 6);
  await after.close();
  expect(fatals).toHaveLength(2);
  expect(await readOffsets()).toContainEqual({ partition: 4, next_offset: 6, lost_from: null });
});

test("a mark of another topic is nobody's business", async () => {
  const { db, fatals, publish, start, countContacts } = await setup();
  await rowsOf(db, "insert into consumer_offset values ($1, 0, 9, 2)", [ANOTHER_TOPIC]);
  await publish(0, 2);
  const reconciler = await start();
  await expect.poll(countContacts).toBe(2);
  await reconciler.close();
  expect(fatals).toEqual([]);
});

test("the offset may be behind what was read, not ahead; the first end that was found counts", async () => {
  const { db, topicId, publish, remember, readOffsets } = await setup();
  await publish(2, 8);
  await rowsOf(db, "insert into consumer_offset values ($1, 0, 0), ($1, 1, 9), ($1, 2, 8)", [topicId]);
  // Batches under way are settled after the mark, up to 9.
  await remember({ partition: 0, position: 9, logEnd: 4 });
  await remember({ partition: 0, position: 9, logEnd: 6 });
  // Somebody has read on, of a log that is longer than it was to whoever found this.
  await remember({ partition: 2, position: 7, logEnd: 0 });
  expect(await readOffsets()).toEqual([
    { partition: 0, next_offset: 0, lost_from: 4 },
    { partition: 1, next_offset: 9, lost_from: 0 },
    { partition: 2, next_offset: 8, lost_from: null },
  ]);
});

test("a database that cannot be written to when the tail is found lost does not keep the consumer running", async () => {
  const { db, fatals, start, readOffsets } = await setupLostTails();
  await rowsOf(db, "create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$");
  await rowsOf(db, "create trigger refuse before update on consumer_offset for each row execute function refuse()");
  const reconciler = await start();
  await expect.poll(() => fatals).toEqual(["the consumer stopped: beyond-log-end"]);
  await reconciler.close();
  expect((await readOffsets()).every(({ lost_from }) => lost_from === null)).toBe(true);
});
