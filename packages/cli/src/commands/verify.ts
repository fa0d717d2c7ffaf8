/**
 * `kith verify`: whether the database is what it must be, and with `--resolved` whether what was published says the same.
 * It only reads, in one snapshot, while everything runs.
 */
import { topicNames } from "@kith/contracts";
import type { Database } from "@kith/database";
import { describeTopic, type KafkaClient } from "@kith/kafka";
import { databaseEnv, type Environment, kafkaEnv, loadConfig, topicEnv } from "@kith/service-kit";
import { z } from "zod";
import { parseWords, type Run } from "../command.ts";
import { CliError, EXIT } from "../exit-codes.ts";
import type { Terminal } from "../terminal.ts";
import { checkInvariants } from "../verify/check-invariants.ts";
import { digestGraph } from "../verify/digest-graph.ts";
import { describeFinding, type Finding } from "../verify/finding.ts";
import { inSnapshot } from "../verify/in-snapshot.ts";
import { checkResolved, type ResolvedReport } from "../verify/resolved/check-resolved.ts";
import { type CollectedRecords, collectRecords } from "../verify/resolved/collect-records.ts";
import { topicReader } from "../verify/resolved/read-topic.ts";
import { withProgress } from "../verify/with-progress.ts";
import { withKafka } from "../with-kafka.ts";
import { withPostgres } from "../with-postgres.ts";

const databaseSchema = z.object(databaseEnv);
const topicSchema = z.object({ ...kafkaEnv, ...topicEnv });

const OPTIONS = { resolved: { type: "boolean" }, json: { type: "boolean" } } as const;

/** Prints a line per rule, or one JSON object; fails with its own exit code where anything is wrong. */
export async function verify({ words, env, terminal }: Run): Promise<void> {
  const { values } = parseWords(words, OPTIONS);
  const print = values.json === true ? undefined : terminal.print;
  const config = loadConfig(databaseSchema, env);
  const report = await withPostgres(config, terminal, (db) =>
    db.connection().execute(async (session) => {
      const collected = values.resolved === true ? await collectTopic(session, env, terminal) : undefined;
      return await inSnapshot(session, () => check(session, collected, terminal, print));
    }),
  );
  const wrong = report.findings.filter((finding) => finding.wrong > 0).map(({ rule }) => rule);
  if (print === undefined) terminal.print(JSON.stringify({ ok: wrong.length === 0, ...report }));
  if (wrong.length > 0) throw new CliError(EXIT.wrong, `not as it must be: ${wrong.join(", ")}`);
}

type Report = Omit<ResolvedReport, "findings"> | undefined;

async function check(
  session: Database,
  collected: CollectedRecords | undefined,
  terminal: Terminal,
  print: Terminal["print"] | undefined,
): Promise<{ findings: Finding[]; digest: string; resolved: Report }> {
  const findings: Finding[] = [];
  const add = (finding: Finding) => {
    findings.push(finding);
    print?.(describeFinding(finding));
  };
  for await (const finding of checkInvariants(session, terminal.warn)) add(finding);
  const digest = await withProgress("D1: the digest", terminal.warn, (count) =>
    digestGraph(session, (done) => count(done, "identities")),
  );
  print?.(`D1 ${digest}`);
  if (collected === undefined) return { findings, digest, resolved: undefined };
  const { findings: found, ...resolved } = await checkResolved(session, collected, terminal.warn);
  for (const finding of found) add(finding);
  print?.(`${resolved.records} records, ${resolved.repeats} exact repeats, ${resolved.pending} identities pending`);
  return { findings, digest, resolved };
}

function collectTopic(session: Database, env: Environment, terminal: Terminal): Promise<CollectedRecords> {
  const config = loadConfig(topicSchema, env);
  const topic = topicNames(config.TOPIC_PREFIX).identityResolved;
  return withKafka(config, terminal, async (kafka) => {
    const partitions = await countPartitions(kafka, topic);
    return await withProgress(`reading ${topic}`, terminal.warn, (count) =>
      collectRecords(session, {
        read: topicReader(kafka, topic),
        partitions,
        onRecords: (done) => count(done, "records"),
      }),
    );
  });
}

async function countPartitions(kafka: KafkaClient, topic: string): Promise<number> {
  const found = await describeTopic(kafka, topic);
  if (found === undefined) throw new CliError(EXIT.failed, `there is no topic ${topic}`);
  return found.partitions;
}
