/**
 * The keys a service knows. Follows the file: what `kith keys` changes counts within two seconds, without a restart.
 * A file that cannot be used leaves the keys as they were, and is logged.
 */
import { timingSafeEqual } from "node:crypto";
import { statSync } from "node:fs";
import { stat } from "node:fs/promises";
import type { Logger } from "../create-logger.ts";
import { ConfigError } from "../load-config.ts";
import { hashToken, idOfToken } from "./api-key-token.ts";
import { scopeBits } from "./key-scopes.ts";
import { KeysFileError, readKeysFile, type StoredKey } from "./keys-file.ts";
import { createQuota, type Quota } from "./quota.ts";

/** A key as the guard of a request needs it. */
export type ApiKey = {
  readonly id: string;
  readonly scopeBits: number;
  readonly expiresAtMs: number;
  /** Undefined: no limit. */
  readonly orders: Quota | undefined;
  readonly lookups: Quota | undefined;
};

/** What is counted against a key. */
export type QuotaName = "orders" | "lookups";

export type KeyRing = {
  /** The key of an `Authorization` header, if it is one of ours and has not expired. */
  find(authorization: string | undefined): ApiKey | undefined;
  close(): void;
};

export type KeyRingOptions = {
  readonly file: string;
  /** Per second and key, where the key has no limit of its own; null for none. */
  readonly quotas: Readonly<Record<QuotaName, number | null>>;
  readonly logger: Logger;
  readonly pollMs?: number;
};

type KnownKey = { readonly key: ApiKey; readonly salt: Buffer; readonly hash: Buffer };

const POLL_MS = 1_000;
const BEARER = /^bearer +([!-~]+)$/i;
/** Far above the number of keys; only spellings of the word "Bearer" could fill it. */
const VERIFIED_MAX = 4_096;

/** Reads the file and keeps reading it. Throws a ConfigError if it cannot be used now. */
export function openKeyRing(options: KeyRingOptions): KeyRing {
  const { file, quotas, logger, pollMs = POLL_MS } = options;
  /**
   * Headers whose hash was right, so that a key is hashed once and not with each request. Exact text, found by a hash
   * that is seeded per process: how long a miss takes tells nothing about the entries.
   */
  const verified = new Map<string, ApiKey>();
  let known: ReadonlyMap<string, KnownKey> = new Map();
  let seen = "";
  let lastTrouble = "";
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  function load(): void {
    // Before the file is read: if it changes meanwhile it is read again.
    seen = signatureOf(statSync(file, { bigint: true }));
    const keys = readKeysFile(file);
    known = new Map(keys.map((stored) => [stored.id, toKnownKey(stored, known.get(stored.id)?.key, quotas)]));
    verified.clear();
    logger.info({ keys: known.size }, known.size === 0 ? "there are no API keys: nobody gets in" : "API keys loaded");
  }

  async function look(): Promise<void> {
    try {
      if (signatureOf(await stat(file, { bigint: true })) !== seen && !isClosed) {
        load();
        lastTrouble = "";
      }
    } catch (error) {
      report(error);
    }
    schedule();
  }

  /** Once for each trouble, not once a second. */
  function report(error: unknown): void {
    const trouble = describeTrouble(error);
    if (trouble !== lastTrouble) {
      logger.error(
        { reason: trouble, keys: known.size },
        "the file of API keys cannot be used; the keys stay as they were",
      );
    }
    lastTrouble = trouble;
  }

  function schedule(): void {
    if (!isClosed) timer = setTimeout(look, pollMs).unref();
  }

  try {
    load();
  } catch (error) {
    const message = `The configuration cannot be used:\n  API_KEYS_FILE: ${describeTrouble(error)}`;
    throw new ConfigError(message, { cause: error });
  }
  schedule();

  return {
    find(authorization) {
      if (authorization === undefined) return undefined;
      let key = verified.get(authorization);
      if (key === undefined) {
        key = verify(authorization, known);
        if (key === undefined) return undefined;
        if (verified.size >= VERIFIED_MAX) verified.clear();
        verified.set(authorization, key);
      }
      return key.expiresAtMs > Date.now() ? key : undefined;
    },

    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

/** Which ids exist may be told by the time this takes; ids are no secret. The hashes are compared in constant time. */
function verify(authorization: string, known: ReadonlyMap<string, KnownKey>): ApiKey | undefined {
  const token = BEARER.exec(authorization)?.[1];
  const id = token === undefined ? undefined : idOfToken(token);
  const found = id === undefined ? undefined : known.get(id);
  if (token === undefined || found === undefined) return undefined;
  return timingSafeEqual(hashToken(token, found.salt), found.hash) ? found.key : undefined;
}

function toKnownKey(stored: StoredKey, previous: ApiKey | undefined, defaults: KeyRingOptions["quotas"]): KnownKey {
  return {
    key: {
      id: stored.id,
      scopeBits: scopeBits(stored.scopes),
      expiresAtMs: stored.expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(stored.expiresAt),
      orders: toQuota(stored.ordersPerSecond, defaults.orders, previous?.orders),
      lookups: toQuota(stored.lookupsPerSecond, defaults.lookups, previous?.lookups),
    },
    salt: Buffer.from(stored.salt, "base64url"),
    hash: Buffer.from(stored.hash, "base64url"),
  };
}

function toQuota(own: number | null | undefined, byDefault: number | null, previous: Quota | undefined) {
  const perSecond = own === undefined ? byDefault : own;
  return perSecond === null ? undefined : createQuota(perSecond, previous);
}

/** Changes with every change of the file, an atomic replacement by one of the same size included. */
function signatureOf(status: { ino: bigint; size: bigint; mtimeNs: bigint; ctimeNs: bigint }): string {
  return `${status.ino}/${status.size}/${status.mtimeNs}/${status.ctimeNs}`;
}

function describeTrouble(error: unknown): string {
  if (error instanceof KeysFileError) return error.message;
  if (error instanceof Error && "code" in error) return `the file cannot be read (${String(error.code)})`;
  throw error;
}
