/**
 * The identities that a batch creates, as `read-identities.ts` will read them once it is committed: all their identifiers
 * are new, so whoever made them knows them whole. PURE.
 */
import type { IdentityRow } from "@kith/database";
import { compareAges, type IdentifierKind, kindOf, textOf } from "./graph.ts";
import type { IdentityWrite } from "./plan.ts";
import type { NewIdentifier } from "./sql/insert-identifiers.ts";

/** Of more identifiers an identity is rather read than kept. */
const MEMBERS_MAX = 16;

/** `fresh`: the new identifiers of the transaction, with the identity each was put in. `resolvedAtMs`: its time. */
export function listCreated(
  created: readonly IdentityWrite[],
  fresh: readonly NewIdentifier[],
  resolvedAtMs: number,
): IdentityRow[] {
  const members = new Map<number, NewIdentifier[]>();
  for (const { id, size } of created) if (size <= MEMBERS_MAX) members.set(id, []);
  for (const identifier of fresh) members.get(identifier.identityId)?.push(identifier);
  const rows: IdentityRow[] = [];
  for (const { id, version, size } of created) {
    const own = members.get(id);
    // Where two of its identifiers were put in different identities, one has yet to be moved.
    if (own?.length !== size) continue;
    own.sort(compareAges);
    rows.push({
      identity_id: id,
      version,
      size,
      merged_into: null,
      resolved_at_ms: resolvedAtMs,
      emails: linesOf(own, 1),
      phones: linesOf(own, 2),
      contacts: own.map(({ contactId }) => contactId).join(","),
      kinds: null,
    });
  }
  return rows;
}

function linesOf(identifiers: readonly NewIdentifier[], kind: IdentifierKind): string | null {
  let lines: string | null = null;
  for (const { key } of identifiers) {
    if (kindOf(key) === kind) lines = lines === null ? textOf(key) : `${lines}\n${textOf(key)}`;
  }
  return lines;
}
