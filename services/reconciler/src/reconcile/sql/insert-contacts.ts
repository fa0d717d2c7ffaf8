/** W. One contact for each observation that introduced an identifier, oldest first, so that ids follow age in a batch. */
import type { Observation } from "@kith/contracts";
import { defineStatement, numberArray, textArray, uuidArray } from "@kith/database";

export const insertContacts = defineStatement<readonly Observation[], never>(
  "insert-contacts",
  `insert into contact (obs_id, email, phone, event_id, order_id, created_at)
   select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
   on conflict (obs_id) do nothing`,
  (contacts) => [
    uuidArray(contacts.map((o) => o.obsId)),
    textArray(contacts.map((o) => o.email)),
    textArray(contacts.map((o) => o.phone)),
    textArray(contacts.map((o) => o.eventId)),
    textArray(contacts.map((o) => o.orderId)),
    numberArray(contacts.map((o) => o.seenAt)),
  ],
);
