/** Where the running stack is: the environment, or what `pnpm start` wrote into `.kith/stack.json`. */
import { readFile } from "node:fs/promises";

export type Stack = {
  readonly ingressUrl: string;
  readonly queryUrl: string;
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  /** Where the services ask for keys: one with the scopes `ingest` and `read`. */
  readonly apiKey?: string;
};

const STACK_FILE = new URL("../../.kith/stack.json", import.meta.url);

/** Undefined if no stack runs. The environment decides, variable by variable, where it says something. */
export async function findStack(env: NodeJS.ProcessEnv): Promise<Stack | undefined> {
  const written = await readStackFile();
  const ingressUrl = env.KITH_INGRESS_URL || written?.ingress;
  const queryUrl = env.KITH_QUERY_URL || written?.query;
  const brokers = env.KAFKA_BROKERS || written?.kafkaBrokers;
  if (!ingressUrl || !queryUrl || !brokers) return undefined;
  const apiKey = env.KITH_API_KEY ? { apiKey: env.KITH_API_KEY } : {};
  return { ingressUrl, queryUrl, brokers: brokers.split(","), topicPrefix: env.TOPIC_PREFIX ?? "", ...apiKey };
}

async function readStackFile(): Promise<Partial<Record<"ingress" | "query" | "kafkaBrokers", string>> | undefined> {
  try {
    return JSON.parse(await readFile(STACK_FILE, "utf8"));
  } catch (error) {
    // The file is there only while a stack runs.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
