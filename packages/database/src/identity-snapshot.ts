/** Rows of identities → what is shown of them. One shape for HTTP answers and for `identity.resolved`. Pure. */
import { type ContactBody, INLINE_MAX } from "@kith/contracts";
import type { IdentityRow } from "./read-identities.ts";

/** An identity as it is in one snapshot of the database. */
export type IdentitySnapshot = {
  readonly identityId: number;
  readonly version: number;
  readonly size: number;
  readonly mergedInto: number | null;
  readonly resolvedAtMs: number;
  readonly truncated: boolean;
  readonly contact: ContactBody;
};

/**
 * Groups rows (together per identity, in age order, as the read statements return them) into snapshots, in input order.
 * Of a large identity the first {@link INLINE_MAX} identifiers and secondaries are shown.
 */
export function shapeIdentities(rows: readonly IdentityRow[]): IdentitySnapshot[] {
  const snapshots: IdentitySnapshot[] = [];
  for (let start = 0, end = 0; start < rows.length; start = end) {
    const { identity_id } = rows[start]!;
    while (end < rows.length && rows[end]!.identity_id === identity_id) end++;
    snapshots.push(shapeIdentity(rows, start, end));
  }
  return snapshots;
}

function shapeIdentity(rows: readonly IdentityRow[], start: number, end: number): IdentitySnapshot {
  const first = rows[start]!;
  const emails: string[] = [];
  const phoneNumbers: string[] = [];
  const contactIds: number[] = [];
  let last: number | null = null;
  for (let at = start; at < end; at++) {
    const { kind, value, contact_id } = rows[at]!;
    if (value !== null && at - start < INLINE_MAX) (kind === 1 ? emails : phoneNumbers).push(value);
    // The identifiers that one contact introduced have its age, so they are neighbours.
    if (contact_id !== null && contact_id !== last) contactIds.push(contact_id);
    last = contact_id;
  }
  return {
    identityId: first.identity_id,
    version: first.version,
    size: first.size,
    mergedInto: first.merged_into,
    resolvedAtMs: first.resolved_at_ms,
    truncated: first.size > INLINE_MAX || contactIds.length - 1 > INLINE_MAX,
    contact: {
      primaryContactId: contactIds[0] ?? 0,
      emails,
      phoneNumbers,
      secondaryContactIds: contactIds.slice(1, INLINE_MAX + 1),
    },
  };
}
