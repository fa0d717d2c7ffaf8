/** Rows of identities → what is shown of them. One shape for HTTP answers and for `identity.resolved`. Pure. */
import { type ContactBody, INLINE_MAX } from "@kith/contracts";
import type { IdentityRow, MemberRow } from "./read-identities.ts";

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

/** Of a large identity the first {@link INLINE_MAX} identifiers and secondaries are shown. */
export function shapeIdentity(row: IdentityRow): IdentitySnapshot {
  const emails: string[] = [];
  const phoneNumbers: string[] = [];
  const contactIds: number[] = [];
  let shown = 0;
  for (const [kind, value, contactId] of inOrder(row.members ?? [])) {
    if (shown++ < INLINE_MAX) (kind === 1 ? emails : phoneNumbers).push(value);
    // The identifiers that one contact introduced have its age, so they are neighbours.
    if (contactId !== contactIds.at(-1)) contactIds.push(contactId);
  }
  return {
    identityId: row.identity_id,
    version: row.version,
    size: row.size,
    mergedInto: row.merged_into,
    resolvedAtMs: row.resolved_at_ms,
    truncated: row.size > INLINE_MAX || contactIds.length - 1 > INLINE_MAX,
    contact: {
      primaryContactId: contactIds[0] ?? 0,
      emails,
      phoneNumbers,
      secondaryContactIds: contactIds.slice(1, INLINE_MAX + 1),
    },
  };
}

/** An email before the phone of the same contact, so that the last ones shown are always the same. */
function inOrder(members: readonly MemberRow[]): readonly MemberRow[] {
  if (members.length <= INLINE_MAX) return members;
  const ordered = [...members];
  for (let at = 1; at < ordered.length; at++) {
    const [one, other] = [ordered[at - 1]!, ordered[at]!];
    if (one[2] === other[2] && one[0] > other[0]) [ordered[at - 1], ordered[at]] = [other, one];
  }
  return ordered;
}
