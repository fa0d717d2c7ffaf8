/**
 * W. One contact for each observation that introduced an identifier, oldest first, so that ids follow age in a batch.
 *
 * An order that is published twice is one observation with two ages. If the later record comes first and its contact is
 * superseded before the earlier record comes, that contact introduces its identifier again: it is brought back.
 */
import type { Observation } from "@kith/contracts";
import { defineStatement, numberArray, textArray, uuidArray } from "@kith/database";

export const insertContacts = defineStatement<readonly Observation[], never>(
  "insert-contacts",
  `insert into contact as c (obs_id, email, phone, event_id, order_id, created_at)
   select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
   on conflict (obs_id) do update
     set deleted_at = null, created_at = least(c.created_at, excluded.created_at)
     where c.deleted_at is not null or excluded.created_at < c.created_at`,
  (contacts) => [
    uuidArray(contacts.map((o) => o.obsId)),
    textArray(contacts.map((o) => o.email)),
    textArray(contacts.map((o) => o.phone)),
    textArray(contacts.map((o) => o.eventId)),
    textArray(contacts.map((o) => o.orderId)),
    numberArray(contacts.map((o) => o.seenAt)),
  ],
);
