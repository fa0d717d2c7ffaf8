/**
 * L5. Stores the evidence in the order of the primary key. Two writers may meet here on one link without sharing a root
 * lock, since a link inside one identity changes no identity; the order keeps them from waiting for each other.
 */
import type { Observation } from "@kith/contracts";
import { defineStatement, numberArray, textArray, uuidArray } from "@kith/database";

export const insertLinks = defineStatement<readonly Observation[], never>(
  "insert-links",
  `insert into link as l (email, phone, first_at, first_obs, event_id, order_id)
   select * from unnest($1::text[], $2::text[], $3::bigint[], $4::uuid[], $5::text[], $6::text[]) as q(email, phone, first_at, first_obs, event_id, order_id)
   order by q.email collate "C", q.phone collate "C"
   on conflict (email, phone) do update
     set first_at = excluded.first_at, first_obs = excluded.first_obs, event_id = excluded.event_id, order_id = excluded.order_id
     where (excluded.first_at, excluded.first_obs) < (l.first_at, l.first_obs)`,
  (links) => [
    textArray(links.map((o) => o.email)),
    textArray(links.map((o) => o.phone)),
    numberArray(links.map((o) => o.seenAt)),
    uuidArray(links.map((o) => o.obsId)),
    textArray(links.map((o) => o.eventId)),
    textArray(links.map((o) => o.orderId)),
  ],
);
