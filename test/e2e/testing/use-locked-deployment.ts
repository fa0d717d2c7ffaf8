/** A deployment with every lock on it for the tests of one file: started before the first, ended after the last. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContactBody } from "@kith/contracts";
import { createDatabase, type Database } from "@kith/database";
import {
  type CertificateAuthority,
  chooseFreePort,
  compileCacheEnvironment,
  makeCertificateAuthority,
  type RunningPostgres,
  repositoryRoot,
  startPostgres,
} from "@kith/devstack";
import { testTopics } from "@kith/testkit";
import { createServiceProcess, rowsOf, type ServiceName, type ServiceProcess } from "@kith/testkit/system";
import { afterAll, beforeAll } from "vitest";

const ROLES = ["kith_admin", "kith_reconciler", "kith_query"] as const;
export type Role = (typeof ROLES)[number];
const passwordOf = (role: Role) => `password of ${role}`;

/** The keys that `kith keys` made, by what they are for; each is the whole token. */
export type Keys = Record<"ingest" | "import" | "read" | "admin" | "few", string>;

export type Answer = {
  status: number;
  headers: Headers;
  body: {
    code?: string;
    contact?: ContactBody;
    receipt?: string;
    status?: string;
    results?: { problem?: object }[];
  };
};

/** What the tests of the file work with. Fields are filled in before the first test runs. */
export type LockedDeployment = {
  /** For files; goes at the end. */
  readonly folder: string;
  /** Vouches for Postgres. */
  readonly authority: CertificateAuthority;
  readonly postgres: RunningPostgres;
  readonly services: readonly ServiceProcess[];
  readonly keys: Readonly<Keys>;
  /** Asks a service; posts if there is a body. */
  call(service: ServiceName, path: string, key?: string, body?: unknown): Promise<Answer>;
  /** Runs `kith keys …` and answers with what it printed. */
  kithKeys(...words: string[]): Promise<string>;
  /** A role's URL. TLS unless said; by name, because an address cannot be verified. */
  urlOf(role: Role, changes?: { host?: string; ca?: string }): string;
  /** A connection that is closed at the end. */
  open(url: string): Database;
  /** Called at the end, in this order. */
  readonly closers: (() => Promise<void>)[];
};

/** Registers the hooks of the file. */
export function useLockedDeployment(): LockedDeployment {
  let folder: string;
  let postgres: RunningPostgres;
  let authority: CertificateAuthority;
  let caFile: string;
  let keysFile: string;
  const services: ServiceProcess[] = [];
  const closers: (() => Promise<void>)[] = [];
  const keys: Keys = { ingest: "", import: "", read: "", admin: "", few: "" };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kith-locked-"));
    [caFile, keysFile] = [join(folder, "authority.pem"), join(folder, "keys.json")];
    authority = makeCertificateAuthority("Kith test authority");
    await writeFile(caFile, authority.certificate);
    const [, ingressKey, topics] = await Promise.all([
      startPostgres({
        folder: join(folder, "postgres"),
        isDurable: false,
        isThrowAway: true,
        tls: authority.issue({ commonName: "postgres", hosts: ["localhost"] }),
      }).then(async (server) => {
        postgres = server;
        await makeRoles(open(postgres.url));
        await kith(["migrate"], { DATABASE_URL: urlOf("kith_admin") });
      }),
      makeKeys(),
      testTopics(),
    ]);
    const start = async (name: ServiceName, env: Record<string, string> = {}) => {
      const common = { KAFKA_BROKERS: topics.brokers.join(","), TOPIC_PREFIX: topics.prefix, API_KEYS_FILE: keysFile };
      const port = await chooseFreePort();
      const service = createServiceProcess({ name, port, env: { ...common, GROUP_ID: topics.groupId, ...env } });
      services.push(service);
      return service;
    };
    const query = await start("query", { DATABASE_URL: urlOf("kith_query") });
    await start("ingress", { QUERY_URL: query.url, QUERY_API_KEY: ingressKey });
    await start("reconciler", { DATABASE_URL: urlOf("kith_reconciler") });
    await Promise.all(services.map((service) => service.start()));
  });

  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop()));
    for (const close of closers) await close();
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function makeKeys(): Promise<string> {
    const create = (...words: string[]) => kithKeys("create", ...words);
    // One after the other: the file has one writer at a time.
    keys.ingest = await create("--scope", "ingest");
    keys.import = await create("--scope", "import");
    keys.read = await create("--scope", "read", "--name", "support");
    keys.admin = await create("--scope", "admin");
    keys.few = await create("--scope", "read", "--lookups-per-second", "1");
    return create("--scope", "read", "--name", "ingress", "--lookups-per-second", "none");
  }

  function kithKeys(...words: string[]): Promise<string> {
    return kith(["keys", ...words], { API_KEYS_FILE: keysFile });
  }

  function urlOf(role: Role, changes: { host?: string; ca?: string } = {}): string {
    const url = new URL(postgres.url);
    url.username = role;
    url.password = passwordOf(role);
    url.hostname = changes.host ?? "localhost";
    url.searchParams.set("sslmode", "verify-full");
    url.searchParams.set("sslrootcert", changes.ca ?? caFile);
    return url.href;
  }

  function open(url: string): Database {
    const options = { url, schema: "kith", role: "admin", poolMax: 1, applicationName: "kith-test" } as const;
    const { db, close } = createDatabase(options);
    closers.push(close);
    return db;
  }

  async function call(service: ServiceName, path: string, key?: string, body?: unknown): Promise<Answer> {
    const url = services.find(({ name }) => name === service)?.url;
    const response = await fetch(`${url}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const parsed = (response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : {}) as Answer["body"];
    return { status: response.status, headers: response.headers, body: parsed };
  }

  return {
    get folder() {
      return folder;
    },
    get authority() {
      return authority;
    },
    get postgres() {
      return postgres;
    },
    services,
    keys,
    call,
    kithKeys,
    urlOf,
    open,
    closers,
  };
}

async function makeRoles(superUser: Database): Promise<void> {
  const script = await readFile(join(repositoryRoot, "docs/postgres-roles.sql"), "utf8");
  const passwords = ROLES.map((role) => `alter role ${role} password '${passwordOf(role)}'`);
  for (const statement of [...script.split(/;\s*\n/), ...passwords]) {
    if (statement.replaceAll(/^\s*--.*$/gm, "").trim() !== "") await rowsOf(superUser, statement);
  }
}

async function kith(words: string[], env: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, [join(repositoryRoot, "packages/cli/src/main.ts"), ...words], {
    env: { PATH: process.env.PATH ?? "", ...compileCacheEnvironment, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (said.stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (said.stderr += String(chunk)));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`kith ${words.join(" ")} ended with ${String(code)}: ${said.stderr}`);
  return said.stdout.trim();
}
