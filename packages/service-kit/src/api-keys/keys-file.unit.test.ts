import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeApiKey } from "./api-key-token.ts";
import { changeKeysFile, KeysFileError, readKeysFile, type StoredKey } from "./keys-file.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kith-keys-"));
  path = join(folder, "keys.json");
});
afterEach(() => rm(folder, { recursive: true }));

function storedKey(changes: Partial<StoredKey> = {}): StoredKey {
  const { id, salt, hash } = makeApiKey();
  return { id, name: "a key", scopes: ["read"], salt, hash, createdAt: new Date().toISOString(), ...changes };
}

const text = (...keys: unknown[]) => JSON.stringify({ version: 1, keys });

describe("changeKeysFile", () => {
  it("makes the file, readable by its owner only, and changes it as a whole", async () => {
    const [first, second] = [storedKey(), storedKey()];
    await changeKeysFile(path, () => [first]);
    await changeKeysFile(path, (keys) => [...keys, second]);
    expect(readKeysFile(path)).toEqual([first, second]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(["keys.json"]);
  });

  it("narrows a file that others could read", async () => {
    await writeFile(path, text(), { mode: 0o644 });
    await changeKeysFile(path, (keys) => keys);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it.runIf(process.getuid?.() === 0)("leaves the file to the user it belongs to", async () => {
    await writeFile(path, text());
    await import("node:fs/promises").then(({ chown }) => chown(path, 12_345, 12_345));
    await changeKeysFile(path, (keys) => keys);
    expect(await stat(path)).toMatchObject({ uid: 12_345, gid: 12_345 });
  });

  it("leaves the file as it was, and nothing beside it, if the change fails or what is there cannot be read", async () => {
    await changeKeysFile(path, () => [storedKey()]);
    const before = await readFile(path, "utf8");
    const failing = () => {
      throw new Error("no");
    };
    await expect(changeKeysFile(path, failing)).rejects.toThrow("no");
    expect(await readFile(path, "utf8")).toBe(before);

    await writeFile(path, "{");
    await expect(changeKeysFile(path, (keys) => keys)).rejects.toThrow(KeysFileError);
    expect(await readFile(path, "utf8")).toBe("{");
    expect(await readdir(folder)).toEqual(["keys.json"]);
  });

  it("lets one writer work at a time, so that no change is lost", async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => changeKeysFile(path, (keys) => [...keys, storedKey()])),
    );
    const done = outcomes.filter(({ status }) => status === "fulfilled");
    expect(done.length).toBeGreaterThan(0);
    expect(readKeysFile(path)).toHaveLength(done.length);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(KeysFileError);
  });
});

describe("readKeysFile", () => {
  const one = storedKey();
  it.each([
    ["what is not JSON", '{"version":1,"keys":[{"hash":"S3CRET', "is not JSON"],
    ["another version", JSON.stringify({ version: 2, keys: [] }), '"version"'],
    ["an unknown scope", text({ ...one, scopes: ["root"] }), '"keys/0/scopes/0"'],
    ["a key without scopes", text({ ...one, scopes: [] }), '"keys/0/scopes"'],
    ["a hash of another length", text({ ...one, hash: "S3CRET" }), '"keys/0/hash"'],
    ["a date that is none", text({ ...one, expiresAt: "soon" }), '"keys/0/expiresAt"'],
    ["a limit of nothing", text({ ...one, lookupsPerSecond: 0 }), '"keys/0/lookupsPerSecond"'],
    ["an unknown field", text({ ...one, key: "S3CRET" }), '"keys/0"'],
    ["two keys of one id", text(one, storedKey({ id: one.id })), "is not valid"],
    ["more than a megabyte", " ".repeat(1024 * 1024 + 1), "too large"],
  ])("refuses %s, and repeats none of it", async (_what, content, says) => {
    await writeFile(path, content);
    expect(() => readKeysFile(path)).toThrow(KeysFileError);
    expect(() => readKeysFile(path)).toThrow(says);
    expect(() => readKeysFile(path)).not.toThrow("S3CRET");
  });
});
