/** Reads a deployment's junk list: a JSON file `{"exact": [], "domains": [], "patterns": []}`, each part optional. */
import { readFileSync, statSync } from "node:fs";
import { compileJunkList, JUNK_LIMITS, type JunkList, JunkListError } from "./junk-list.ts";

/** Far above any list that is kept by hand. */
const FILE_BYTES_MAX = 8 * 1024 * 1024;

const PARTS = ["exact", "domains", "patterns"] as const;

/**
 * Reads and checks a junk file; meant for the start of a process.
 *
 * @throws {JunkListError} naming the file and the place in it, never an entry's content
 */
export function readJunkFile(path: string): JunkList {
  try {
    const list = parseJunkList(readText(path));
    compileJunkList(list, []);
    return list;
  } catch (error) {
    if (!(error instanceof JunkListError)) throw error;
    throw new JunkListError(`Junk file ${path}: ${error.message}`, { cause: error.cause });
  }
}

function readText(path: string): string {
  let bytes: Buffer;
  try {
    if (statSync(path).size > FILE_BYTES_MAX) throw new JunkListError(`larger than ${FILE_BYTES_MAX} bytes`);
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof JunkListError) throw error;
    throw new JunkListError("cannot be read", { cause: error });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new JunkListError("not UTF-8", { cause: error });
  }
}

function parseJunkList(text: string): JunkList {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Without the cause: its message quotes the file.
    throw new JunkListError("not JSON");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new JunkListError(`the top must be an object with any of ${PARTS.join(", ")}`);
  }
  const isKnown = (key: string): boolean => (PARTS as readonly string[]).includes(key);
  const hasUnknown = Object.keys(parsed).some((key) => !isKnown(key));
  if (hasUnknown) throw new JunkListError(`has a property that is none of ${PARTS.join(", ")}`);
  const found = parsed as Record<string, unknown>;
  return Object.fromEntries(PARTS.flatMap((part) => (part in found ? [[part, readPart(part, found[part])]] : [])));
}

function readPart(part: string, value: unknown): string[] {
  if (!Array.isArray(value)) throw new JunkListError(`${part} must be an array`);
  return value.map((entry: unknown, index) => {
    const isUsable = typeof entry === "string" && entry.trim() !== "" && entry.length <= JUNK_LIMITS.entryUnits;
    if (!isUsable)
      throw new JunkListError(`${part}[${index}] must be a text of 1 to ${JUNK_LIMITS.entryUnits} characters`);
    return entry as string;
  });
}
