/** Key and value of one record of `identity.resolved` → what the checks need of it. */
import { hash } from "node:crypto";
import {
  type ActiveIdentityRecord,
  decodeIdentityRecord,
  type IdentityResolvedRecord,
  identityResolvedRecord,
} from "@kith/contracts";
import type { PlacedRecord } from "./read-topic.ts";

/** A decoded record; a tombstone has version 0 and no digests of its own. */
export type ResolvedRecord = {
  readonly partition: number;
  readonly offset: number;
  readonly identityId: number;
  readonly version: number;
  readonly status: "active" | "merged" | "erased";
  readonly into: number;
  /** Of the bytes as they are. */
  readonly rawDigest: string;
  /** Of what they say: see {@link contentDigest}. */
  readonly contentDigest: string;
  readonly contact: ActiveIdentityRecord["contact"] | undefined;
};

const NIL = "00000000-0000-0000-0000-000000000000";

/** Undefined if it is not a record that Kith writes. */
export function decodeRecord({ partition, offset, key, value }: PlacedRecord): ResolvedRecord | undefined {
  const decoded = decodeIdentityRecord(key, value);
  if (decoded === undefined) return undefined;
  const { identityId, value: record } = decoded;
  const place = { partition, offset, identityId };
  if (value === null || record === null) {
    return {
      ...place,
      version: 0,
      status: "erased",
      into: 0,
      rawDigest: NIL,
      contentDigest: NIL,
      contact: undefined,
    };
  }
  return {
    ...place,
    version: record.version,
    status: record.status,
    into: record.status === "merged" ? record.into : 0,
    rawDigest: hash("md5", value, "hex"),
    contentDigest: contentDigest(record),
    contact: record.status === "active" ? record.contact : undefined,
  };
}

/** Equal for records that say the same, whatever the order of their fields. */
export function contentDigest(record: IdentityResolvedRecord): string {
  // Parsing puts the fields in the order of the schema.
  return hash("md5", JSON.stringify(identityResolvedRecord.parse(record)), "hex");
}
