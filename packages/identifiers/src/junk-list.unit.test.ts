import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createCanonicalizer } from "./canonicalizer.ts";
import { JUNK_LIMITS, type JunkList, JunkListError } from "./junk-list.ts";
import { readJunkFile } from "./read-junk-file.ts";

const LIST: JunkList = {
  exact: ["Front-Desk@Hotel.example", " +1 (415) 555-0199 ", "555 0100", "walk-in", "post@Bücher.example"],
  domains: ["Mailinator.com", "bücher.de", "invalid"],
  patterns: ["^kiosk\\d+@", /^\+4930999/g, "^- ?$"],
};

describe("a deployment's junk list", () => {
  const { email, phone } = createCanonicalizer({ junk: LIST });

  it.each([
    ["an exact email", "front-desk@hotel.example"],
    ["an exact email in another spelling", " FRONT-DESK@ｈｏｔｅｌ.example"],
    ["an exact email of a domain beyond ASCII", "post@xn--bcher-kva.example"],
    ["a word that is no email", "Walk-In"],
    ["a domain", "anyone@mailinator.com"],
    ["what is beneath a domain", "anyone@de.MAILINATOR.com"],
    ["a domain beyond ASCII", "anyone@xn--bcher-kva.de"],
    ["a top domain", "anyone@nowhere.invalid"],
    ["a pattern, whatever the case", "KIOSK12@hotel.example"],
    ["a pattern on a text without canonical form", "-"],
    ["still the built-in list", "test@test.com"],
  ])("drops %s", (_sentence, raw) => {
    expect(email(raw)).toEqual({ kind: "junk" });
  });

  it.each([
    ["an exact phone", "+14155550199"],
    ["an exact phone in another spelling", "00 1 415 555 0199"],
    ["an exact local number", "5550100"],
    ["an exact local number as an integer", 5550100],
    ["a pattern on the canonical form", "+49 (0)30 9991234"],
  ])("drops %s", (_sentence, raw) => {
    expect(phone(raw)).toEqual({ kind: "junk" });
  });

  it.each(["anyone@notmailinator.com", "mailinator.com@hotel.example", "front-desk@other.example", "a@kiosk1.example"])(
    "keeps %s",
    (raw) => {
      expect(email(raw)).toEqual({ kind: "ok", value: raw });
    },
  );

  it("gives the same answer every time, a sticky pattern notwithstanding", () => {
    const answers = Array.from({ length: 4 }, () => phone("+49309991234").kind);
    expect(answers).toEqual(["junk", "junk", "junk", "junk"]);
  });

  it("reads an exact local number as the deployment does", () => {
    const us = createCanonicalizer({ phoneDefaultRegion: "US", junk: { exact: ["415 555 2671"] } });
    expect(us.phone("+14155552671")).toEqual({ kind: "junk" });
  });

  it.each<[string, JunkList, string]>([
    ["a domain that is none", { domains: ["ok.example", "no domain"] }, "domains[1] is not a domain name"],
    ["a pattern that is none", { patterns: ["("] }, "patterns[0] is not a regular expression"],
    [
      "too many patterns",
      { patterns: Array(JUNK_LIMITS.patterns + 1).fill("a") },
      "patterns has more than 100 entries",
    ],
  ])("refuses %s", (_sentence, junk, message) => {
    expect(() => createCanonicalizer({ junk })).toThrow(new JunkListError(message));
  });
});

describe("readJunkFile", () => {
  const folder = mkdtempSync(join(tmpdir(), "kith-junk-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  function file(content: string | Buffer): string {
    const path = join(folder, "junk.json");
    writeFileSync(path, content);
    return path;
  }

  it("reads all parts, each of them optional", () => {
    expect(readJunkFile(file('{"exact":["a@b.de"],"domains":["c.de"],"patterns":["^d"]}'))).toEqual({
      exact: ["a@b.de"],
      domains: ["c.de"],
      patterns: ["^d"],
    });
    expect(readJunkFile(file("{}"))).toEqual({});
    expect(readJunkFile(file("\ufeff{}"))).toEqual({});
  });

  it.each<[string, string | Buffer, string]>([
    ["not JSON", "secret@hillvalley.edu", "not JSON"],
    ["empty", "", "not JSON"],
    ["not UTF-8", Buffer.from([0x22, 0xff, 0x22]), "not UTF-8"],
    ["an array", "[]", "the top must be an object with any of exact, domains, patterns"],
    ["null", "null", "the top must be an object with any of exact, domains, patterns"],
    ["with a part unknown", '{"secret@hillvalley.edu":[]}', "has a property that is none of exact, domains, patterns"],
    ["with __proto__", '{"__proto__":[]}', "has a property that is none of exact, domains, patterns"],
    ["with a part that is no array", '{"exact":"a"}', "exact must be an array"],
    ["with null for a part", '{"exact":null}', "exact must be an array"],
    ["with an entry that is no text", '{"exact":["a",5]}', "exact[1] must be a text of 1 to 1024 characters"],
    ["with an empty entry", '{"patterns":[""]}', "patterns[0] must be a text of 1 to 1024 characters"],
    ["with a broken pattern", '{"patterns":["[secret"]}', "patterns[0] is not a regular expression"],
    ["with a broken domain", '{"domains":["*.secret.de"]}', "domains[0] is not a domain name"],
    ["too large", Buffer.alloc(9 * 1024 * 1024, 0x20), "larger than 8388608 bytes"],
  ])("refuses a file that is %s, and says where, not what", (_sentence, content, message) => {
    const path = file(content);
    expect(() => readJunkFile(path)).toThrow(new JunkListError(`Junk file ${path}: ${message}`));
  });

  it("refuses a file that is not there", () => {
    const path = join(folder, "missing.json");
    expect(() => readJunkFile(path)).toThrow(new JunkListError(`Junk file ${path}: cannot be read`));
  });
});
