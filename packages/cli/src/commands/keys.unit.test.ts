import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readKeysFile } from "@kith/service-kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EXIT } from "../exit-codes.ts";
import { runCommand } from "../run-command.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kith-cli-keys-"));
  path = join(folder, "keys.json");
});
afterEach(() => rm(folder, { recursive: true }));

async function kith(...words: string[]) {
  const printed: string[] = [];
  const warned: string[] = [];
  const exitCode = await runCommand({
    words: ["keys", ...words],
    env: { API_KEYS_FILE: path },
    terminal: {
      print: (line) => printed.push(line),
      warn: (line) => warned.push(line),
      wait: { deadlineMs: 50, pauseMs: 5 },
    },
  });
  return { exitCode, printed, warned: warned.join("\n") };
}

describe("kith keys create", () => {
  it("prints the key, alone, and stores what tells it from others but not the key", async () => {
    const { exitCode, printed, warned } = await kith(
      "create",
      "--scope",
      "read",
      "--scope",
      "ingest",
      "--name",
      "the shop",
    );
    expect(exitCode).toBe(EXIT.done);
    expect(printed).toEqual([expect.stringMatching(/^kith_[0-9a-f]{12}_[A-Za-z0-9_-]{43}$/)]);
    const [token = ""] = printed;
    const [id = "", secret = ""] = [token.slice(5, 17), token.slice(18)];
    expect(warned).toContain(id);
    expect(warned).not.toContain(secret);
    expect(await readFile(path, "utf8")).not.toContain(secret);
    expect(readKeysFile(path)).toEqual([expect.objectContaining({ id, name: "the shop", scopes: ["ingest", "read"] })]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it("gives a key an end and limits of its own", async () => {
    const limits = ["--orders-per-second", "50", "--lookups-per-second", "none"];
    await kith("create", "--scope", "ingest,import", "--expires-in-days", "30", ...limits);
    const [key] = readKeysFile(path);
    expect(key).toMatchObject({ name: "ingest+import", ordersPerSecond: 50, lookupsPerSecond: null });
    expect(Date.parse(key?.expiresAt ?? "") - Date.parse(key?.createdAt ?? "")).toBe(30 * 86_400_000);
  });

  it.each([
    { words: [], says: "--scope takes one or more of ingest, import, read, admin" },
    { words: ["--scope", "root"], says: "--scope takes" },
    { words: ["--scope", "read,root"], says: "--scope takes" },
    { words: ["--scope", "read", "--name", ""], says: "--name takes" },
    { words: ["--scope", "read", "--name", "a\nb"], says: "--name takes" },
    { words: ["--scope", "read", "--expires-in-days", "0"], says: "--expires-in-days takes" },
    { words: ["--scope", "read", "--lookups-per-second", "1000001"], says: "--lookups-per-second takes" },
    { words: ["--scope", "read", "now"], says: "unexpected word: now" },
  ])("refuses $words", async ({ words, says }) => {
    const { exitCode, printed, warned } = await kith("create", ...words);
    expect({ exitCode, printed }).toEqual({ exitCode: EXIT.usage, printed: [] });
    expect(warned).toContain(says);
    await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("kith keys list and revoke", () => {
  it("lists a line a key without what is secret, and takes away the one that is named", async () => {
    await kith("create", "--scope", "read", "--name", "first");
    await kith("create", "--scope", "admin", "--name", "second", "--lookups-per-second", "5");
    const [first, second] = readKeysFile(path);
    const listed = (await kith("list")).printed;
    expect(listed).toEqual([
      expect.stringMatching(new RegExp(`^${first?.id}  read   created \\d{4}-\\d\\d-\\d\\d  first$`)),
      expect.stringMatching(new RegExp(`^${second?.id}  admin  created \\d{4}-\\d\\d-\\d\\d  lookups/s 5  second$`)),
    ]);
    expect(listed.join()).not.toContain(first?.hash);

    expect(await kith("revoke", first?.id ?? "")).toMatchObject({
      exitCode: EXIT.done,
      printed: [`revoked ${first?.id}`],
    });
    expect(readKeysFile(path)).toEqual([second]);
  });

  it("says that there is no such key, and which words are missing", async () => {
    await kith("create", "--scope", "read");
    expect(await kith("revoke", "0123456789ab")).toMatchObject({
      exitCode: EXIT.failed,
      warned: expect.stringContaining("no API key with this id"),
    });
    expect(await kith("revoke")).toMatchObject({ exitCode: EXIT.usage, warned: expect.stringContaining("which key?") });
    expect(readKeysFile(path)).toHaveLength(1);
  });

  it("does not touch a file that it does not understand", async () => {
    await writeFile(path, "kith");
    for (const words of [["list"], ["create", "--scope", "read"], ["revoke", "0123456789ab"]]) {
      expect(await kith(...words)).toMatchObject({
        exitCode: EXIT.failed,
        warned: expect.stringContaining("is not JSON"),
      });
    }
    expect(await readFile(path, "utf8")).toBe("kith");
  });
});
