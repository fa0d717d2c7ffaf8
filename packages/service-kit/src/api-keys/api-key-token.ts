/**
 * API keys as clients hold them: `kith_<id>_<secret>`. The id names the key in lists, logs and the keys file, and is no
 * secret. The secret has 256 random bits, which is why one round of SHA-256 is the right way to store it: what slow
 * password hashes protect is text that can be guessed, and nobody guesses 2^256; a slow hash would only make each
 * forged key cost us more than its sender. The salt, one for each key, keeps equal hashes from meaning equal keys.
 */
import { createHash, randomBytes } from "node:crypto";

const TOKEN = /^kith_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;
const ID_BYTES = 6;
const SECRET_BYTES = 32;
const SALT_BYTES = 16;

/** A new key: the token for its holder, and what is stored of it. */
export type NewKey = { readonly id: string; readonly token: string; readonly salt: string; readonly hash: string };

/** Makes a key out of nothing but randomness. */
export function makeApiKey(): NewKey {
  const id = randomBytes(ID_BYTES).toString("hex");
  const token = `kith_${id}_${randomBytes(SECRET_BYTES).toString("base64url")}`;
  const salt = randomBytes(SALT_BYTES);
  return { id, token, salt: salt.toString("base64url"), hash: hashToken(token, salt).toString("base64url") };
}

/** The id in a token, or undefined if it has not the form of one. */
export function idOfToken(token: string): string | undefined {
  return TOKEN.exec(token)?.[1];
}

/** What is stored of a token. */
export function hashToken(token: string, salt: Buffer): Buffer {
  return createHash("sha256").update(salt).update(token, "latin1").digest();
}
