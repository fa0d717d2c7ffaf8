/**
 * W, before firsts are lowered. One contact for each observation that introduced an identifier, oldest first.
 *
 * An order that is published twice is one observation with two ages. If the later record comes first and its contact is
 * superseded before the earlier record comes, that contact introduces its identifier again: it is brought back.
 */
import type { Observation } from "@kith/contracts";
import { defineStatement, numberArray, textArray, uuidArray } from "@kith/database";

export type ContactToInsert = { readonly id: number; readonly observation: Observation };

export const insertContacts = defineStatement<readonly ContactToInsert[], never>(
  "insert-contacts",
  `insert into contact as c (id, obs_id, email, phone, event_id, order_id, created_at)
   overriding system value
   select q.id, q.obs_id, q.email, q.phone, q.event_id, q.order_id, q.created_at
   from unnest($1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
     as q(id, obs_id, email, phone, event_id, order_id, created_at)
   on conflict (obs_id) do update
     set deleted_at = null, created_at = least(c.created_at, excluded.created_at)
     where c.deleted_at is not null or excluded.created_at < c.created_at`,
  (contacts) => [
    numberArray(contacts.map(({ id }) => id)),
    uuidArray(contacts.map(({ observation }) => observation.obsId)),
    textArray(contacts.map(({ observation }) => observation.email)),
    textArray(contacts.map(({ observation }) => observation.phone)),
    textArray(contacts.map(({ observation }) => observation.eventId)),
    textArray(contacts.map(({ observation }) => observation.orderId)),
    numberArray(contacts.map(({ observation }) => observation.seenAt)),
  ],
);
