/** F21: the log is not what it was. In a deployment of its own, since it is the end of one. */
import { readFile } from "node:fs/promises";
import { TOPIC_PARTITIONS } from "@kith/contracts";
import { createPublisher, describeTopic, ensureTopics } from "@kith/kafka";
import { cutLog, deleteTopics, rowsOf, until } from "@kith/testkit/system";
import { PATIENCE_MS } from "../rig/patience.ts";
import type { Arena, FaultResult, Planner } from "./fault.ts";

const EXPECTED = { "topic-recreated": /refuses to start|topic-replaced/, "retention-passed": /log-truncated/ } as const;
const RECORDS = 600;
let deployments = 0;

export const replaceTheLog: Planner = (dice) => {
  const variant = dice.pick(["topic-recreated", "retention-passed"] as const);
  return {
    class: "F21",
    variant,
    target: "a deployment of its own",
    parameters: {},
    needs: ["kafka", "postgres", "aside"],
    touchesRelay: false,
    run: (arena) => strike(arena, variant),
  };
};

async function strike(arena: Arena, variant: keyof typeof EXPECTED): Promise<FaultResult> {
  const aside = await arena.deployAside(`${arena.deployment.name}-aside-${++deployments}`);
  const { topics, db, kafka, reconcilers } = aside;
  const reconciler = reconcilers[0]!;
  const settled = async () =>
    (await rowsOf<{ n: number }>(db, "select coalesce(sum(next_offset), 0)::int as n from consumer_offset"))[0]!.n;
  try {
    const publisher = createPublisher(kafka, { deadlineMs: 20_000 });
    const write = (from: number) =>
      publisher.publish(
        topics.orderIdentity,
        Array.from({ length: RECORDS }, (_, index) => ({
          key: null,
          value: `{"v":1,"eventId":"a-${from + index}","email":"a${from + index}@x.io","seenAt":${1_000 + from + index},"normVersion":1}`,
          partition: index % TOPIC_PARTITIONS,
        })),
      );
    await write(0);
    await until("the first records are settled", async () => (await settled()) === RECORDS, { limitMs: PATIENCE_MS });
    await reconciler.down();
    if (variant === "topic-recreated") {
      await deleteTopics(kafka, [topics.orderIdentity]);
      const isGone = async () => (await describeTopic(kafka, topics.orderIdentity)) === undefined;
      await until("the topic is gone", isGone, { limitMs: PATIENCE_MS });
      await ensureTopics(kafka, { prefix: aside.topicPrefix });
      await write(0);
    } else {
      await write(RECORDS);
      // Past what was settled, before what was written.
      for (let partition = 0; partition < TOPIC_PARTITIONS; partition++)
        await cutLog(kafka, topics.orderIdentity, partition, RECORDS / TOPIC_PARTITIONS + 10);
    }
    await publisher.close();
    const endsBefore = reconciler.ownEnds();
    reconciler.up();
    await until("the reconciler stops", () => reconciler.ownEnds() > endsBefore + 1, { limitMs: PATIENCE_MS });
    const log = await readFile(reconciler.logFile, "utf8");
    if (!EXPECTED[variant].test(log)) arena.report(`F21: the reconciler stopped without saying that of ${variant}`);
    if ((await settled()) !== RECORDS) arena.report(`F21: offsets moved in a log that was ${variant}`);
    return { ends: reconciler.ownEnds() - endsBefore };
  } finally {
    await aside.remove();
  }
}
