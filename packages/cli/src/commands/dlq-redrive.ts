/** `kith dlq redrive`: publishes dead letters to `order.identity` once more, as they were or repaired. */
import { topicNames } from "@kith/contracts";
import { advisoryKey } from "@kith/database";
import { createPublisher, describeTopic, type KafkaClient } from "@kith/kafka";
import { canonicalEnv, databaseEnv, kafkaEnv, loadConfig, toCanonicalizer, topicEnv } from "@kith/service-kit";
import { sql } from "kysely";
import { z } from "zod";
import { parseWords, type Run, wrongWords } from "../command.ts";
import { readCode } from "../dlq/read-code.ts";
import { type RedriveDependencies, redriveLetters } from "../dlq/redrive-letters.ts";
import { readRepair } from "../dlq/repair.ts";
import { type Selection, selectLetters } from "../dlq/select-letters.ts";
import { type Deployment, withDeployment } from "../dlq/with-deployment.ts";
import { CliError, EXIT } from "../exit-codes.ts";
import type { Terminal } from "../terminal.ts";
import { withKafka } from "../with-kafka.ts";

const configSchema = z.object({ ...databaseEnv, ...kafkaEnv, ...topicEnv, ...canonicalEnv });
type Config = z.infer<typeof configSchema>;

const PUBLISH_DEADLINE_MS = 30_000;
const PLACES_MAX = 1_000;

/** Says for each letter where it went. What was redriven before is left alone, so the command can be repeated. */
export async function redriveDlq({ words, env, terminal }: Run): Promise<void> {
  const { values, operands } = parseWords(
    words,
    {
      code: { type: "string" },
      all: { type: "boolean", default: false },
      again: { type: "boolean", default: false },
      repair: { type: "string" },
    },
    PLACES_MAX,
  );
  const selection = readSelection({ ...values, places: operands });
  const repair = values.repair === undefined ? undefined : await readRepair(values.repair);
  if (repair?.kind === "whole" && operands.length !== 1) throw wrongWords("a repaired record is for one place");
  const config = loadConfig(configSchema, env);
  await withDeployment(config, terminal, async (deployment) => {
    await lockRedrive(deployment, config);
    await withKafka(config, terminal, async (kafka) => {
      const { topic, partitions } = await findTopic(kafka, config, deployment);
      const publisher = createPublisher(kafka, { deadlineMs: PUBLISH_DEADLINE_MS });
      const plan = { ...deployment, topic, partitions, repair, canonicalizer: toCanonicalizer(config), publisher };
      try {
        await redriveSelected(plan, selection, terminal);
      } finally {
        await publisher.close();
      }
    });
  });
}

async function redriveSelected(plan: RedriveDependencies, selection: Selection, terminal: Terminal): Promise<void> {
  const counts = { redriven: 0, before: 0, refused: 0 };
  for await (const { letters, leftOut } of selectLetters(plan, selection)) {
    for (const { place, why, isFine } of leftOut) {
      counts[isFine ? "before" : "refused"] += 1;
      terminal.warn(`${place}: ${why}`);
    }
    for (const outcome of await redriveLetters(letters, plan)) {
      counts[outcome.kind] += 1;
      if (outcome.kind === "redriven") terminal.print(`${outcome.place} redriven to ${outcome.to}`);
      else terminal.warn(`${outcome.place}: ${outcome.why}`);
    }
  }
  terminal.print(`${counts.redriven} redriven, ${counts.before} redriven before, ${counts.refused} not redriven`);
  if (counts.refused > 0) throw new CliError(EXIT.failed, "some dead letters were not redriven");
}

function readSelection(given: {
  readonly places: readonly string[];
  readonly code?: string | undefined;
  readonly all: boolean;
  readonly again: boolean;
}): Selection {
  const ways = [given.places.length > 0, given.code !== undefined, given.all].filter(Boolean).length;
  if (ways !== 1) throw wrongWords("dlq redrive needs either places, or --code, or --all");
  if (given.places.length > 0) return { kind: "places", places: given.places, isAgain: given.again };
  return { kind: "open", code: readCode(given.code), isReturnedToo: given.again };
}

/** One at a time: two that run together would publish the same letters. */
async function lockRedrive({ db }: Deployment, { DATABASE_SCHEMA }: Config): Promise<void> {
  const key = sql.lit(advisoryKey(DATABASE_SCHEMA, "redrive"));
  const { rows } = await sql<{ locked: boolean }>`select pg_try_advisory_lock(${key}) as locked`.execute(db);
  if (rows[0]?.locked !== true) throw new CliError(EXIT.failed, "another redrive is running");
}

async function findTopic(kafka: KafkaClient, config: Config, { topicId }: Deployment) {
  const topic = topicNames(config.TOPIC_PREFIX).orderIdentity;
  const found = await describeTopic(kafka, topic);
  if (found?.topicId === topicId) return { topic, partitions: found.partitions };
  const what = found === undefined ? "does not exist" : "is not the one that this schema is the state of";
  throw new CliError(EXIT.failed, `the topic ${topic} ${what}`);
}
