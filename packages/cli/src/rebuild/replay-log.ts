/**
 * `order.identity` from its first record, applied to a schema by the reconciler's own code, in a process of its own: no
 * package imports a service.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describeTopic, type KafkaClient, readLogBounds } from "@kith/kafka";
import { type Environment, serviceNodeFlags } from "@kith/service-kit";
import { CliError, EXIT } from "../exit-codes.ts";
import type { OnProgress } from "../verify/with-progress.ts";

const REPLAY = fileURLToPath(new URL("../../../../services/reconciler/src/replay.ts", import.meta.url));

/** Throws unless the topic is the one that the schema was made from, and still whole. */
export async function assertWholeLog(kafka: KafkaClient, topic: string, topicId: string): Promise<void> {
  const found = await describeTopic(kafka, topic);
  if (found?.topicId !== topicId) {
    throw new CliError(EXIT.failed, `${topic} is not the topic that the schema was made from: take --from evidence`);
  }
  const cut = [...(await readLogBounds(kafka, topic))].filter(([, { start }]) => start > 0);
  if (cut.length === 0) return;
  const where = cut.map(([partition, { start }]) => `partition ${partition} starts at offset ${start}`).join(", ");
  throw new CliError(
    EXIT.failed,
    `${topic} no longer has its first records (${where}): retention has cut it. Take --from evidence`,
  );
}

export type ReplayInput = {
  readonly env: Environment;
  readonly schema: string;
  /** By partition, the offset before which to end. Partitions without records are left out. */
  readonly bounds: ReadonlyMap<number, number>;
  readonly onProgress: OnProgress;
};

/** Goes on where the schema is, and resolves when it has got to the bounds. */
export async function replayLog({ env, schema, bounds, onProgress }: ReplayInput): Promise<void> {
  const to = [...bounds].filter(([, offset]) => offset > 0);
  if (to.length === 0) return;
  const child = spawn(process.execPath, [...serviceNodeFlags, REPLAY], {
    env: {
      ...env,
      DATABASE_SCHEMA: schema,
      REPLAY_TO: to.map((pair) => pair.join(":")).join(","),
      // A group of its own, of one member.
      GROUP_ID: `kith-rebuild-${randomUUID()}`,
      WRITER_MODE: "concurrent",
      LOG_LEVEL: "info",
      // It ends with this process, however that ends.
      KITH_PARENT_PIPE: "1",
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.on("error", () => undefined);
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const told = describeLogLine(line);
    if (told !== undefined) onProgress(told);
  }
  const exitCode = await exited;
  if (exitCode !== 0) throw new CliError(EXIT.failed, `the log could not be replayed (exit code ${exitCode})`);
}

/** What of the replay's log is for the terminal: how far it has come, and what went wrong. */
function describeLogLine(line: string): string | undefined {
  const entry = parseLogLine(line);
  if (typeof entry?.left === "number") return `replaying … ${entry.left} records left`;
  return entry?.level === "error" || entry?.level === "fatal" ? `replay: ${line}` : undefined;
}

function parseLogLine(line: string): { level?: unknown; left?: unknown } | undefined {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
