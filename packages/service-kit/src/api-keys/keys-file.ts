/**
 * The file of `API_KEYS_FILE`: what is known of each key, never the key itself. Read by the services, written by
 * `kith keys`; it may be kept in a secret store and put in place by any other means.
 */
import { constants, readFileSync, statSync } from "node:fs";
import { chown, type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { KEY_SCOPES } from "./key-scopes.ts";

/** More keys than anybody has clients; a file beyond it is not ours. */
const KEYS_MAX = 1_000;
/** Above what {@link KEYS_MAX} keys take. */
const KEYS_FILE_BYTES_MAX = 1024 * 1024;
export const QUOTA_MAX = 1_000_000;

const base64url = (bytes: number) => z.string().regex(new RegExp(`^[A-Za-z0-9_-]{${Math.ceil((bytes * 8) / 6)}}$`));
/** Per second; null takes the limit away. */
const quota = z.number().positive().max(QUOTA_MAX).nullable().optional();

const storedKey = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{12}$/),
  name: z.string().min(1).max(100),
  scopes: z.array(z.enum(KEY_SCOPES)).min(1).max(KEY_SCOPES.length),
  salt: base64url(16),
  hash: base64url(32),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().optional(),
  /** Instead of the service's own limits. */
  ordersPerSecond: quota,
  lookupsPerSecond: quota,
});

const keysFile = z
  .strictObject({ version: z.literal(1), keys: z.array(storedKey).max(KEYS_MAX) })
  .refine(({ keys }) => new Set(keys.map((key) => key.id)).size === keys.length, { message: "two keys have one id" });

/** One entry of the file. */
export type StoredKey = z.infer<typeof storedKey>;

/** The file is there, but is not a keys file. The message says where it is wrong, and holds nothing of its content. */
export class KeysFileError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = "KeysFileError";
  }
}

/** The keys in a file that must be there. Read at once: it is small, and read only when it has changed. */
export function readKeysFile(path: string): readonly StoredKey[] {
  if (statSync(path).size > KEYS_FILE_BYTES_MAX) throw new KeysFileError("the file of API keys is too large");
  return parseKeysFile(readFileSync(path, "utf8"));
}

/** The keys in the text of a file. */
function parseKeysFile(text: string): readonly StoredKey[] {
  const parsed = keysFile.safeParse(parseJson(text));
  if (parsed.success) return parsed.data.keys;
  const [issue] = parsed.error.issues;
  throw new KeysFileError(`the file of API keys is not valid at "${issue?.path.join("/") ?? ""}"`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // JSON.parse quotes the text in its message, and this text is hashes of keys.
    if (error instanceof SyntaxError) throw new KeysFileError("the file of API keys is not JSON");
    throw error;
  }
}

/**
 * Changes the file as a whole or not at all: readers find the old one or the new one. The new one is written beside it
 * under a name that only one writer at a time can take. Only the owner may read it; where root changes another user's
 * file it stays that user's.
 */
export async function changeKeysFile(
  path: string,
  change: (keys: readonly StoredKey[]) => readonly StoredKey[],
): Promise<void> {
  const next = `${path}.new`;
  const file = await openNew(next);
  try {
    try {
      const owner = await ownerOf(path);
      const keys = change(owner === undefined ? [] : readKeysFile(path));
      if (keys.length > KEYS_MAX) throw new KeysFileError(`there is room for ${KEYS_MAX} API keys`);
      await file.writeFile(`${JSON.stringify({ version: 1, keys }, undefined, 2)}\n`);
      await file.sync();
      if (owner !== undefined && owner.uid !== process.getuid?.()) await chown(next, owner.uid, owner.gid);
    } finally {
      await file.close();
    }
    await rename(next, path);
  } catch (error) {
    await rm(next, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    throw new KeysFileError(`${path} is there: another command changes the keys now, or was killed; then remove it`);
  }
}

async function ownerOf(path: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** A rename survives a crash of the machine once its folder is on disk. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
