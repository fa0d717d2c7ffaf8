/**
 * `kith rebuild`: the state of a deployment anew in a fresh schema, from the log or from the evidence that the live one
 * has; compared with it, and with `--switch` put in its place. docs/adr/0010-rebuild.md says why it works this way.
 */
import { topicNames } from "@kith/contracts";
import type { Database } from "@kith/database";
import { databaseEnv, type Environment, kafkaEnv, loadConfig, topicEnv } from "@kith/service-kit";
import { z } from "zod";
import { parseWords, type Run, wrongWords } from "../command.ts";
import { CliError, EXIT } from "../exit-codes.ts";
import { hasEarlierTopic, type LiveDeployment, readDeployment, readOffsets } from "../rebuild/live-deployment.ts";
import { lockMode, unlockMode } from "../rebuild/mode-lock.ts";
import { type Rebuilt, rebuildGraph } from "../rebuild/rebuild-graph.ts";
import { assertWholeLog, replayLog } from "../rebuild/replay-log.ts";
import { dropSchema, isSchemaName, makeFreshSchema } from "../rebuild/schemas.ts";
import { switchSchemas } from "../rebuild/switch-schemas.ts";
import type { Terminal } from "../terminal.ts";
import { describeFinding } from "../verify/finding.ts";
import { withKafka } from "../with-kafka.ts";
import { withPostgres } from "../with-postgres.ts";

const databaseSchema = z.object(databaseEnv);
const topicSchema = z.object({ ...kafkaEnv, ...topicEnv });

const OPTIONS = { from: { type: "string" }, into: { type: "string" }, switch: { type: "boolean" } } as const;

/** What is being rebuilt from what into what. */
type Rebuild = {
  readonly url: string;
  readonly live: string;
  readonly fresh: string;
  readonly isSwitch: boolean;
  readonly env: Environment;
  readonly terminal: Terminal;
};

/** Fails with its own exit code where the live schema is not what it was rebuilt as, unless it is replaced. */
export async function rebuild({ words, env, terminal }: Run): Promise<void> {
  const { from, into: fresh, isSwitch } = readWords(words);
  const config = loadConfig(databaseSchema, env);
  const { DATABASE_URL: url, DATABASE_SCHEMA: live } = config;
  if (fresh === live) throw wrongWords("--into takes another schema than the live one");
  const what: Rebuild = { url, live, fresh, isSwitch, env, terminal };
  await withPostgres(config, terminal, (db) =>
    db.connection().execute(async (session) => {
      const deployment = await readDeployment(session, live);
      const rebuilt =
        from === "log"
          ? await rebuildFromLog(session, deployment, what)
          : await rebuildFromEvidence(session, deployment, what);
      try {
        report(rebuilt, what);
        if (isSwitch) await switchOver(session, rebuilt, what);
      } finally {
        await unlockMode(session);
      }
      if (!isSwitch && rebuilt.difference !== undefined) throw new CliError(EXIT.wrong, "the live schema differs");
    }),
  );
}

function readWords(words: readonly string[]) {
  const { values } = parseWords(words, OPTIONS);
  const { from, into } = values;
  if (from !== "log" && from !== "evidence") throw wrongWords("--from takes log or evidence");
  if (into === undefined || !isSchemaName(into)) {
    throw wrongWords("--into takes a schema name of at most 40 lower-case letters, digits and underscores");
  }
  return { from, into, isSwitch: values.switch === true } as const;
}

/** The mode lock is held from here to the end, if the schemas are to be switched. */
async function rebuildFromEvidence(session: Database, deployment: LiveDeployment, what: Rebuild): Promise<Rebuilt> {
  const { url, live, fresh, isSwitch, terminal } = what;
  await makeFreshSchema(session, { url, live, fresh });
  return await droppingOnFailure(session, [fresh], async () => {
    if (isSwitch) await lockMode(session, live);
    return await rebuildGraph(session, {
      live,
      source: live,
      fresh,
      generation: deployment.generation + 1,
      onSnapshot: async () => undefined,
      onProgress: terminal.warn,
    });
  });
}

/**
 * Most of the log is replayed while everything runs, then what came meanwhile with the writers held up: at the moment of
 * the snapshot both schemas have come equally far.
 */
async function rebuildFromLog(session: Database, deployment: LiveDeployment, what: Rebuild): Promise<Rebuilt> {
  const { url, live, fresh, isSwitch, env, terminal } = what;
  const config = loadConfig(topicSchema, env);
  const topic = topicNames(config.TOPIC_PREFIX).orderIdentity;
  if (await hasEarlierTopic(session, live, deployment.topicId)) {
    throw new CliError(EXIT.failed, `${live} has records of a topic before this ${topic}: take --from evidence`);
  }
  await withKafka(config, terminal, (kafka) => assertWholeLog(kafka, topic, deployment.topicId));
  const replayed = `${fresh}_log`;
  let replayedTo = "";
  const replayUpToLive = async () => {
    const bounds = await readOffsets(session, live, deployment.topicId);
    if (replayedTo === String([...bounds])) return;
    await replayLog({ env, schema: replayed, bounds, onProgress: terminal.warn });
    replayedTo = String([...bounds]);
  };
  await makeFreshSchema(session, { url, live, fresh });
  const rebuilt = await droppingOnFailure(session, [fresh, replayed], async () => {
    await makeFreshSchema(session, { url, live, fresh: replayed });
    await replayUpToLive();
    await lockMode(session, live);
    await replayUpToLive();
    return await rebuildGraph(session, {
      live,
      source: replayed,
      fresh,
      generation: deployment.generation + 1,
      onSnapshot: async () => {
        if (!isSwitch) await unlockMode(session);
      },
      onProgress: terminal.warn,
    });
  });
  await dropSchema(session, replayed);
  return rebuilt;
}

/** What was begun is of no use to anybody, and its names are wanted for the next try. */
async function droppingOnFailure<T>(session: Database, schemas: readonly string[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // Best effort: the first error is the one to tell.
    for (const schema of schemas) await dropSchema(session, schema).catch(() => undefined);
    await unlockMode(session);
    throw error;
  }
}

function report(rebuilt: Rebuilt, { live, fresh, terminal }: Rebuild): void {
  const { identities, identifiers, liveDigest, freshDigest, difference, wrong } = rebuilt;
  terminal.print(`rebuilt ${identities} identities of ${identifiers} identifiers in ${fresh}`);
  terminal.print(`D1 ${liveDigest} ${live}`);
  terminal.print(`D1 ${freshDigest} ${fresh}`);
  for (const finding of wrong) terminal.print(`${fresh}: ${describeFinding(finding)}`);
  terminal.print(difference === undefined ? "equal" : `first difference: ${difference}`);
}

async function switchOver(session: Database, { wrong }: Rebuilt, { live, fresh, terminal }: Rebuild): Promise<void> {
  if (wrong.length > 0) throw new CliError(EXIT.wrong, `${fresh} is not as it must be: the schemas are not switched`);
  const kept = `${live.slice(0, 40)}_until_${new Date()
    .toISOString()
    .replace(/[-:]|\..*/g, "")
    .toLowerCase()}`;
  await switchSchemas(session, { live, fresh, kept });
  terminal.print(`switched: ${live} is the rebuilt schema, and what it was is ${kept}`);
}
