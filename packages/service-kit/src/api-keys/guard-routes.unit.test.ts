/** Keys over a real socket: who is let in, who is told what, and how much a key may do. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHttpApp } from "../create-http-app.ts";
import { createLogger } from "../create-logger.ts";
import { listenHttp } from "../listen-http.ts";
import { makeApiKey } from "./api-key-token.ts";
import { hasScope } from "./guard-routes.ts";
import type { KeyScope } from "./key-scopes.ts";
import type { StoredKey } from "./keys-file.ts";

const logger = createLogger({ service: "test", level: "silent" });
const tokens = new Map<string, string>();
let folder: string;
let url: string;
const closers: (() => Promise<unknown>)[] = [];

function makeKey(name: string, scopes: KeyScope[], changes: Partial<StoredKey> = {}): StoredKey {
  const { token, id, salt, hash } = makeApiKey();
  tokens.set(name, token);
  return { id, name, scopes, salt, hash, createdAt: new Date().toISOString(), ...changes };
}

async function startApp(keysFile: string | undefined): Promise<string> {
  const app = createHttpApp({
    logger,
    checks: [],
    access: {
      config: { API_KEYS_FILE: keysFile, KEY_ORDERS_PER_SECOND: 10, KEY_LOOKUPS_PER_SECOND: 1 },
      rules: {
        "/v1/orders": { scopes: ["ingest", "import"], quotas: ["orders"] },
        "/v1/*": { scopes: ["read"], quotas: ["lookups"] },
        "/identify": { scopes: ["ingest"], quotas: ["orders", "lookups"] },
      },
    },
  });
  app.post("/v1/orders", async (request) => ({ mayImport: hasScope(request, "import") }));
  app.post("/identify", async () => ({}));
  app.get<{ Params: { id: string } }>("/v1/contacts/:id", async () => ({}));
  app.post("/v1/lookup/batch", async () => ({}));
  app.get("/metrics", async () => "");
  app.get("/forgotten", async () => ({}));
  closers.push(() => app.close());
  return listenHttp(app, { HOST: "127.0.0.1", PORT: 0 });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kith-guard-"));
  const keys = [
    makeKey("ingest", ["ingest"]),
    makeKey("import", ["import"]),
    makeKey("read", ["read"], { lookupsPerSecond: null }),
    makeKey("admin", ["admin"]),
    makeKey("both", ["ingest", "read"]),
    makeKey("expired", ["read"], { expiresAt: "2026-01-01T00:00:00.000Z" }),
    makeKey("slow", ["read"]),
    makeKey("slow batch", ["read"]),
    makeKey("slow identify", ["ingest", "read"]),
  ];
  const file = join(folder, "keys.json");
  await writeFile(file, JSON.stringify({ version: 1, keys }));
  url = await startApp(file);
});
afterAll(async () => {
  for (const close of closers) await close();
  await rm(folder, { recursive: true });
});

async function call(method: string, path: string, key?: string, body?: unknown, base = url) {
  const authorization = key === undefined ? {} : { authorization: `Bearer ${tokens.get(key) ?? key}` };
  const json =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const response = await fetch(base + path, { method, ...json, headers: { ...json.headers, ...authorization } });
  const text = await response.text();
  const problem = text.startsWith("{") ? (JSON.parse(text) as { code?: string; mayImport?: boolean }) : {};
  return { ...problem, status: response.status, headers: response.headers, text };
}

describe("guardRoutes", () => {
  it.each([
    ["no key", undefined, "Bearer"],
    ["a key that is none", "kith_nonsense", 'Bearer error="invalid_token"'],
    ["a key that was never made", makeApiKey().token, 'Bearer error="invalid_token"'],
    ["an expired key", "expired", 'Bearer error="invalid_token"'],
  ])("answers %s with 401 and a challenge", async (_what, key, challenge) => {
    const answer = await call("GET", "/v1/contacts/1", key);
    expect(answer).toMatchObject({ status: 401, code: "unauthenticated" });
    expect(answer.headers.get("www-authenticate")).toBe(challenge);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    if (key !== undefined) expect(answer.text).not.toContain(key);
  });

  it.each([
    ["ingest", "GET", "/v1/contacts/1", 403],
    ["import", "GET", "/v1/contacts/1", 403],
    ["admin", "GET", "/v1/contacts/1", 403],
    ["read", "GET", "/v1/contacts/1", 200],
    ["read", "HEAD", "/v1/contacts/1", 200],
    ["read", "POST", "/v1/orders", 403],
    ["ingest", "POST", "/v1/orders", 200],
    ["import", "POST", "/v1/orders", 200],
    ["both", "POST", "/v1/orders", 200],
    ["both", "GET", "/v1/contacts/1", 200],
    ["read", "GET", "/metrics", 403],
    ["admin", "GET", "/metrics", 200],
    ["both", "GET", "/forgotten", 403],
    ["admin", "GET", "/forgotten", 200],
  ])("answers a key with scope %s at %s %s with %i", async (key, method, path, status) => {
    const answer = await call(method, path, key, method === "POST" ? {} : undefined);
    expect(answer.status).toBe(status);
    if (status === 403 && method !== "HEAD") expect(answer.code).toBe("forbidden");
    if (status === 403) expect(answer.headers.get("www-authenticate")).toContain('error="insufficient_scope"');
  });

  it.each(["/livez", "/readyz"])("asks for no key at %s", async (path) => {
    expect(await call("GET", path)).toMatchObject({ status: 200 });
  });

  it("says of unknown routes and methods what it says to everybody", async () => {
    expect(await call("GET", "/nowhere")).toMatchObject({ status: 404, code: "unknown-route" });
    expect(await call("DELETE", "/v1/orders")).toMatchObject({ status: 405, code: "method-not-allowed" });
  });

  it("asks for the key before it looks at the body", async () => {
    expect(await call("POST", "/v1/orders")).toMatchObject({ status: 401 });
    expect(await call("POST", "/v1/orders", "ingest")).toMatchObject({ status: 415 });
  });

  it("tells a route what else the key may do", async () => {
    expect(await call("POST", "/v1/orders", "ingest", {})).toMatchObject({ mayImport: false });
    expect(await call("POST", "/v1/orders", "import", {})).toMatchObject({ mayImport: true });
  });

  it("answers 429 with Retry-After to a key above its quota, and to no other", async () => {
    const items = Array.from({ length: 999 }, () => ({}));
    expect(await call("POST", "/v1/lookup/batch", "slow", items)).toMatchObject({ status: 200 });
    expect(await call("GET", "/v1/contacts/1", "slow")).toMatchObject({ status: 200 });
    const refused = await call("GET", "/v1/contacts/1", "slow");
    expect(refused).toMatchObject({ status: 429, code: "rate-limited" });
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await call("GET", "/v1/contacts/1", "read")).toMatchObject({ status: 200 });
  });

  it("counts a batch by its items, and says when there will be room for it", async () => {
    const items = Array.from({ length: 600 }, () => ({}));
    expect(await call("POST", "/v1/lookup/batch", "slow batch", items)).toMatchObject({ status: 200 });
    const refused = await call("POST", "/v1/lookup/batch", "slow batch", items);
    expect(refused).toMatchObject({ status: 429, code: "rate-limited" });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(190);
  });

  it("counts identify as a lookup as well", async () => {
    const items = Array.from({ length: 1_000 }, () => ({}));
    expect(await call("POST", "/identify", "slow identify", {})).toMatchObject({ status: 200 });
    expect(await call("POST", "/v1/lookup/batch", "slow identify", items)).toMatchObject({ status: 429 });
    expect(await call("POST", "/v1/lookup/batch", "slow identify", items.slice(2))).toMatchObject({ status: 200 });
    expect(await call("POST", "/identify", "slow identify", {})).toMatchObject({ status: 429, code: "rate-limited" });
    expect(await call("POST", "/v1/orders", "slow identify", {})).toMatchObject({ status: 200 });
  });

  it("lets everybody do everything where there are no keys", async () => {
    const open = await startApp(undefined);
    expect(await call("GET", "/forgotten", undefined, undefined, open)).toMatchObject({ status: 200 });
    expect(await call("POST", "/v1/orders", undefined, {}, open)).toMatchObject({ status: 200, mayImport: false });
    expect(await call("POST", "/v1/orders", undefined, undefined, open)).toMatchObject({ status: 415 });
  });
});
