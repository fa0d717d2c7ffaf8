/** `kith keys create`, `list` and `revoke`: the API keys in the file of `API_KEYS_FILE`. Services notice by themselves. */
import {
  changeKeysFile,
  KEY_SCOPES,
  type KeyScope,
  loadConfig,
  makeApiKey,
  QUOTA_MAX,
  readKeysFile,
  type StoredKey,
} from "@kith/service-kit";
import { z } from "zod";
import { parseWords, type Run, wrongWords } from "../command.ts";
import { CliError, EXIT } from "../exit-codes.ts";

const configSchema = z.object({ API_KEYS_FILE: z.string().max(4_096).describe("the path of the file of API keys") });

const CREATE_OPTIONS = {
  scope: { type: "string", multiple: true },
  name: { type: "string" },
  "expires-in-days": { type: "string" },
  "orders-per-second": { type: "string" },
  "lookups-per-second": { type: "string" },
} as const;
const DAY_MS = 24 * 3_600_000;
const DAYS_MAX = 3_650;

/** Prints the new key, and nothing else, on standard output: it is stored nowhere and cannot be shown again. */
export async function createKey({ words, env, terminal }: Run): Promise<void> {
  const { values } = parseWords(words, CREATE_OPTIONS);
  const scopes = readScopes(values.scope ?? []);
  const name = values.name ?? scopes.join("+");
  if (!/^[^\p{C}]{1,100}$/u.test(name)) throw wrongWords("--name takes 1 to 100 printable characters");
  const now = Date.now();
  const days = readNumber("--expires-in-days", values["expires-in-days"], DAYS_MAX);
  const { API_KEYS_FILE: path } = loadConfig(configSchema, env);

  const { token, id, salt, hash } = makeApiKey();
  const stored: StoredKey = {
    id,
    name,
    scopes,
    salt,
    hash,
    createdAt: new Date(now).toISOString(),
    ...(days !== undefined && { expiresAt: new Date(now + days * DAY_MS).toISOString() }),
    ...readQuota("ordersPerSecond", "--orders-per-second", values["orders-per-second"]),
    ...readQuota("lookupsPerSecond", "--lookups-per-second", values["lookups-per-second"]),
  };
  await changeKeysFile(path, (keys) => [...keys, stored]);
  terminal.warn(`made key ${id} (${scopes.join(", ")}). This is the only time it is shown:`);
  terminal.print(token);
}

/** One line a key: what is known of it, which is not the key itself. */
export async function listKeys({ words, env, terminal }: Run): Promise<void> {
  parseWords(words, {});
  const { API_KEYS_FILE: path } = loadConfig(configSchema, env);
  const keys = readKeysFile(path);
  if (keys.length === 0) terminal.warn("there are no API keys");
  const rows = keys.map((key) => [
    key.id,
    key.scopes.join(","),
    describeAge(key, Date.now()),
    ...describeQuotas(key),
    key.name,
  ]);
  const widths = [12, ...[1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)))];
  for (const row of rows) {
    terminal.print(
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
  }
}

/** The key stops working within two seconds, wherever the file is read. */
export async function revokeKey({ words, env, terminal }: Run): Promise<void> {
  const [id] = parseWords(words, {}, 1).operands;
  if (id === undefined) throw wrongWords("which key? `kith keys list` shows their ids");
  const { API_KEYS_FILE: path } = loadConfig(configSchema, env);
  await changeKeysFile(path, (keys) => {
    const left = keys.filter((key) => key.id !== id);
    if (left.length === keys.length) throw new CliError(EXIT.failed, "there is no API key with this id");
    return left;
  });
  terminal.print(`revoked ${id}`);
}

function readScopes(given: readonly string[]): KeyScope[] {
  const names = given.flatMap((text) => text.split(","));
  const scopes = KEY_SCOPES.filter((scope) => names.includes(scope));
  const isKnown = names.every((name) => (KEY_SCOPES as readonly string[]).includes(name));
  if (scopes.length === 0 || !isKnown) throw wrongWords(`--scope takes one or more of ${KEY_SCOPES.join(", ")}`);
  return scopes;
}

function readNumber(option: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^[1-9][0-9]{0,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) throw wrongWords(`${option} takes a number between 1 and ${max}`);
  return value;
}

/** Absent where nothing was said: the services' own limit, whatever it will be. Null where the key has none. */
function readQuota<Field extends "ordersPerSecond" | "lookupsPerSecond">(
  field: Field,
  option: string,
  text: string | undefined,
): { [name in Field]?: number | null } {
  if (text === undefined) return {};
  const value = text === "none" ? null : (readNumber(option, text, QUOTA_MAX) ?? null);
  return { [field]: value } as { [name in Field]?: number | null };
}

function describeAge({ createdAt, expiresAt }: StoredKey, now: number): string {
  const created = `created ${createdAt.slice(0, 10)}`;
  if (expiresAt === undefined) return created;
  return `${created}, ${Date.parse(expiresAt) > now ? "expires" : "expired"} ${expiresAt.slice(0, 10)}`;
}

function describeQuotas({ ordersPerSecond: orders, lookupsPerSecond: lookups }: StoredKey): string[] {
  const texts = [
    orders === undefined ? "" : `orders/s ${orders ?? "none"}`,
    lookups === undefined ? "" : `lookups/s ${lookups ?? "none"}`,
  ];
  return texts.filter((text) => text !== "");
}
