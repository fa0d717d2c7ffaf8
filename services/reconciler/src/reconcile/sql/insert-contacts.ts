/**
 * W, before firsts are lowered. One contact for each observation that introduced an identifier, oldest first. It has the
 * id that its new identifiers got with it, or else a fresh one.
 *
 * An order that is published twice is one observation with two ages. If the later record comes first and its contact is
 * superseded before the earlier record comes, that contact introduces its identifier again: it is brought back.
 */
import type { Observation } from "@kith/contracts";
import { defineStatement, numberArray, textArray, uuidArray } from "@kith/database";

export type ContactsToInsert = {
  readonly contacts: readonly Observation[];
  /** Ids drawn by insert-identifiers.ts, by observation id. */
  readonly drawn: ReadonlyMap<string, number>;
};

export const insertContacts = defineStatement<ContactsToInsert, never>(
  "insert-contacts",
  `insert into contact as c (id, obs_id, email, phone, event_id, order_id, created_at)
   overriding system value
   select coalesce(q.id, nextval('contact_id_seq')), q.obs_id, q.email, q.phone, q.event_id, q.order_id, q.created_at
   from unnest($1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
     as q(id, obs_id, email, phone, event_id, order_id, created_at)
   on conflict (obs_id) do update
     set deleted_at = null, created_at = least(c.created_at, excluded.created_at)
     where c.deleted_at is not null or excluded.created_at < c.created_at`,
  ({ contacts, drawn }) => [
    `{${contacts.map((o) => drawn.get(o.obsId) ?? "NULL").join(",")}}`,
    uuidArray(contacts.map((o) => o.obsId)),
    textArray(contacts.map((o) => o.email)),
    textArray(contacts.map((o) => o.phone)),
    textArray(contacts.map((o) => o.eventId)),
    textArray(contacts.map((o) => o.orderId)),
    numberArray(contacts.map((o) => o.seenAt)),
  ],
);
