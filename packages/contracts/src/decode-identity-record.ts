/** Key and value of one record of `identity.resolved` → what it says. */
import { type IdentityResolvedRecord, identityResolvedRecord } from "./identity-resolved.ts";
import { parseJson } from "./parse-json.ts";

/** A null value is the tombstone of an erased identity. */
export type DecodedIdentityRecord = { readonly identityId: number; readonly value: IdentityResolvedRecord | null };

/** Undefined if it is not one of Kith's, or of a version that is not known here. */
export function decodeIdentityRecord(key: Buffer | null, value: Buffer | null): DecodedIdentityRecord | undefined {
  const text = key?.toString("utf8") ?? "";
  const identityId = /^[1-9][0-9]{0,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(identityId)) return undefined;
  if (value === null) return { identityId, value: null };
  const parsed = identityResolvedRecord.safeParse(parseJson(value.toString("utf8")));
  if (!parsed.success || parsed.data.identityId !== identityId) return undefined;
  return { identityId, value: parsed.data };
}
