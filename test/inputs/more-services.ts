/** Services beside the usual ones, for the rows of the table that need another configuration. All start at once. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseFreePort } from "@kith/devstack";
import { changeKeysFile, type KeyScope, makeApiKey, type StoredKey } from "@kith/service-kit";
import { createServiceProcess, type ServiceProcess, until, type World } from "@kith/testkit/system";
import { afterAll, beforeAll } from "vitest";

/** The keys that the guarded services know, by what they are for; each is the whole token. */
export type Keys = Readonly<Record<"ingest" | "import" | "read" | "admin" | "expired" | "slow", string>>;

export type MoreServices = {
  /** Ask for keys. */
  readonly guardedIngress: ServiceProcess;
  readonly guardedQuery: ServiceProcess;
  readonly keys: Keys;
  /** Its log is away. */
  readonly noLog: ServiceProcess;
  /** Its query service is away. */
  readonly noQuery: ServiceProcess;
};

const KEYS: Readonly<Record<keyof Keys, { scopes: KeyScope[] } & Partial<StoredKey>>> = {
  ingest: { scopes: ["ingest"] },
  import: { scopes: ["import"] },
  read: { scopes: ["read"] },
  admin: { scopes: ["admin"] },
  expired: { scopes: ["ingest", "read"], expiresAt: "2001-01-01T00:00:00.000Z" },
  slow: { scopes: ["ingest", "read"], ordersPerSecond: 2, lookupsPerSecond: 2 },
};

/** Registers the hooks; the answer is filled in before the first test runs. */
export function useMoreServices(world: World): MoreServices {
  const services: Partial<Record<keyof MoreServices, unknown>> = {};
  const started: ServiceProcess[] = [];
  let folder: string;

  async function make(name: "ingress" | "query", env: Record<string, string>): Promise<ServiceProcess> {
    const { database, topics, system } = world;
    const usual = {
      DATABASE_URL: database.url,
      DATABASE_SCHEMA: database.schema,
      KAFKA_BROKERS: topics.brokers.join(","),
      TOPIC_PREFIX: topics.prefix,
      QUERY_URL: system.queryUrl,
    };
    const service = createServiceProcess({ name, port: await chooseFreePort(), env: { ...usual, ...env } });
    started.push(service);
    return service;
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kith-inputs-"));
    const file = join(folder, "keys.json");
    const nobody = await chooseFreePort();
    const keys = await writeKeys(file);
    const guardedIngress = await make("ingress", { API_KEYS_FILE: file });
    const guardedQuery = await make("query", { API_KEYS_FILE: file });
    const noLog = await make("ingress", { KAFKA_BROKERS: `127.0.0.1:${nobody}` });
    const noQuery = await make("ingress", { QUERY_URL: `http://127.0.0.1:${nobody}` });
    // Never ready; it need only live.
    noLog.start().catch(() => undefined);
    await Promise.all([guardedIngress.start(), guardedQuery.start(), noQuery.start()]);
    await until("the service without a log lives", async () => (await isLive(noLog.url)) === true);
    Object.assign(services, { guardedIngress, guardedQuery, noLog, noQuery, keys });
  });

  afterAll(async () => {
    await Promise.all(started.map(async (service) => service.pid() !== undefined && service.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  return services as MoreServices;
}

async function writeKeys(file: string): Promise<Keys> {
  const tokens: Record<string, string> = {};
  const stored: StoredKey[] = [];
  for (const [name, { scopes, ...more }] of Object.entries(KEYS)) {
    const { id, token, salt, hash } = makeApiKey();
    tokens[name] = token;
    stored.push({ id, name, scopes, salt, hash, createdAt: new Date().toISOString(), ...more });
  }
  await changeKeysFile(file, () => stored);
  return tokens as Keys;
}

async function isLive(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/livez`)).ok;
  } catch (error) {
    // It does not listen yet.
    if (error instanceof TypeError) return false;
    throw error;
  }
}
