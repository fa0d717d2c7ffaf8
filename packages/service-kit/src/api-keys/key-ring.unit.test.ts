import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLogger } from "../create-logger.ts";
import { ConfigError } from "../load-config.ts";
import { makeApiKey } from "./api-key-token.ts";
import { type KeyRing, openKeyRing } from "./key-ring.ts";
import { scopeBits } from "./key-scopes.ts";
import { changeKeysFile, type StoredKey } from "./keys-file.ts";
import { takeFrom } from "./quota.ts";

let folder: string;
let path: string;
const rings: KeyRing[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kith-ring-"));
  path = join(folder, "keys.json");
});
afterEach(async () => {
  for (const ring of rings.splice(0)) ring.close();
  await rm(folder, { recursive: true });
});

async function addKey(changes: Partial<StoredKey> = {}) {
  const { token, id, salt, hash } = makeApiKey();
  const stored: StoredKey = { id, name: "k", scopes: ["read"], salt, hash, createdAt: new Date().toISOString() };
  await changeKeysFile(path, (keys) => [...keys, { ...stored, ...changes }]);
  return { token, id, header: `Bearer ${token}` };
}

function open() {
  const log: string[] = [];
  const logger = createLogger({ service: "test", level: "debug", destination: { write: (line) => log.push(line) } });
  const ring = openKeyRing({ file: path, quotas: { orders: null, lookups: 10 }, logger, pollMs: 5 });
  rings.push(ring);
  return { ring, log };
}

describe("openKeyRing", () => {
  it("finds a key by its exact text, whatever the case of the scheme", async () => {
    const { token, id } = await addKey({ scopes: ["ingest", "read"] });
    const { ring } = open();
    for (const header of [`Bearer ${token}`, `Bearer ${token}`, `bearer  ${token}`, `BEARER ${token}`]) {
      expect(ring.find(header)).toMatchObject({ id, scopeBits: scopeBits(["ingest", "read"]) });
    }
  });

  it("finds nothing for any other text", async () => {
    const { token, id, header } = await addKey();
    const other = makeApiKey();
    const { ring } = open();
    ring.find(header);
    const flipped = token.endsWith("A") ? `${token.slice(0, -1)}Q` : `${token.slice(0, -1)}A`;
    const wrong = [undefined, "", "Bearer", "Bearer ", token, `Basic ${token}`, `Bearer ${token} `, `Bearer ${token}x`];
    const forged = [
      `Bearer ${flipped}`,
      `Bearer ${other.token}`,
      `Bearer kith_${id}_${other.token.slice(18)}`,
      `Bearer ${id}`,
    ];
    for (const text of [...wrong, ...forged]) expect(ring.find(text), text).toBeUndefined();
  });

  it("lets a key expire, also one that was in use", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const { header } = await addKey({ expiresAt: new Date(Date.now() + 60_000).toISOString() });
      const { ring } = open();
      expect(ring.find(header)).toBeDefined();
      vi.setSystemTime(Date.now() + 60_000);
      expect(ring.find(header)).toBeUndefined();
    } finally {
      vi.useRealTimers();
    }
  });

  it("follows the file: a new key gets in, one that is gone does not", async () => {
    const first = await addKey();
    const { ring } = open();
    expect(ring.find(first.header)).toBeDefined();
    const second = await addKey();
    await expect.poll(() => ring.find(second.header)).toBeDefined();
    await changeKeysFile(path, (keys) => keys.filter(({ id }) => id !== first.id));
    await expect.poll(() => ring.find(first.header)).toBeUndefined();
    expect(ring.find(second.header)).toBeDefined();
  });

  it.each([
    ["is broken", () => writeFile(path, "{")],
    ["is gone", () => rm(path)],
  ])("keeps its keys while the file %s, says so once, and goes on when it is mended", async (_what, spoil) => {
    const first = await addKey();
    const { ring, log } = open();
    await spoil();
    await expect.poll(() => log.filter((line) => line.includes("cannot be used")).length).toBe(1);
    expect(ring.find(first.header)).toBeDefined();

    await rm(path, { force: true });
    const second = await addKey();
    await expect.poll(() => ring.find(second.header)).toBeDefined();
    expect(ring.find(first.header)).toBeUndefined();
  });

  it("gives each key its own limits, the service's, or none, and does not refill them when the file changes", async () => {
    const own = await addKey({ lookupsPerSecond: 5, ordersPerSecond: 7 });
    const free = await addKey({ lookupsPerSecond: null });
    const { ring } = open();
    expect(ring.find(own.header)).toMatchObject({ lookups: { perSecond: 5 }, orders: { perSecond: 7 } });
    expect(ring.find(free.header)).toMatchObject({ lookups: undefined, orders: undefined });
    const quota = ring.find(own.header)?.lookups;
    expect(quota === undefined ? undefined : takeFrom(quota, 1_000, 0)).toBe(0);

    const third = await addKey();
    await expect.poll(() => ring.find(third.header)).toMatchObject({ lookups: { perSecond: 10 } });
    const after = ring.find(own.header)?.lookups;
    expect(after === undefined ? undefined : takeFrom(after, 1, 0)).toBeGreaterThan(0);
  });

  it("refuses to start without a file it can use", async () => {
    expect(open).toThrow(ConfigError);
    expect(open).toThrow("API_KEYS_FILE: the file cannot be read (ENOENT)");
    await writeFile(path, "{}");
    expect(open).toThrow("API_KEYS_FILE: the file of API keys is not valid");
  });

  it("writes no key and no hash into the log", async () => {
    const { token, header } = await addKey();
    const { ring, log } = open();
    ring.find(header);
    await writeFile(path, `{"token":"${token}"`);
    await expect.poll(() => log.join("")).toContain("cannot be used");
    expect(log.join("")).not.toContain(token.slice(18));
  });
});
