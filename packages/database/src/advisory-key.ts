import { hash } from "node:crypto";

/** What an advisory lock of a deployment stands for. */
export type AdvisoryLock = "mode" | "migrate" | "relay" | "redrive";

/**
 * The key of an advisory lock. Advisory locks are per database, deployments are per schema: so the schema
 * is part of the key.
 */
export function advisoryKey(schema: string, lock: AdvisoryLock): bigint {
  return hash("sha256", `kith\0${schema}\0${lock}`, "buffer").readBigInt64BE();
}
