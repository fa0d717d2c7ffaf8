/** One contact for each observation that introduced an identifier, oldest first. */
import type { Observation } from "@kith/contracts";
import { defineStatement, numberArray, textArray, uuidArray } from "@kith/database";

export type ContactToInsert = { readonly id: number; readonly observation: Observation };

const INSERT_CONTACTS = `insert into contact as c (id, obs_id, email, phone, event_id, order_id, created_at)
   overriding system value
   select q.id, q.obs_id, q.email, q.phone, q.event_id, q.order_id, q.created_at
   from unnest($1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
     as q(id, obs_id, email, phone, event_id, order_id, created_at)`;

/**
 * L4. The contacts of new identifiers. An observation that introduces a new identifier was never seen before, so there is
 * no such contact yet. They are sent before it is known whether all of the identifiers are ours. If some are not, the
 * contacts may be another writer's, and the statement may fail for it; the batch restarts in any case.
 */
export const insertFreshContacts = defineStatement<readonly ContactToInsert[], never>(
  "insert-fresh-contacts",
  INSERT_CONTACTS,
  contactParameters,
);

/**
 * W, before firsts are lowered. The contacts of observations that are older than those which introduced an identifier.
 *
 * An order that is published twice is one observation with two ages. If the later record comes first and its contact is
 * superseded before the earlier record comes, that contact introduces its identifier again: it is brought back.
 */
export const insertOlderContacts = defineStatement<readonly ContactToInsert[], never>(
  "insert-older-contacts",
  `${INSERT_CONTACTS}
   on conflict (obs_id) do update
     set deleted_at = null, created_at = least(c.created_at, excluded.created_at)
     where c.deleted_at is not null or excluded.created_at < c.created_at`,
  contactParameters,
);

function contactParameters(contacts: readonly ContactToInsert[]): string[] {
  return [
    numberArray(contacts.map(({ id }) => id)),
    uuidArray(contacts.map(({ observation }) => observation.obsId)),
    textArray(contacts.map(({ observation }) => observation.email)),
    textArray(contacts.map(({ observation }) => observation.phone)),
    textArray(contacts.map(({ observation }) => observation.eventId)),
    textArray(contacts.map(({ observation }) => observation.orderId)),
    numberArray(contacts.map(({ observation }) => observation.seenAt)),
  ];
}
