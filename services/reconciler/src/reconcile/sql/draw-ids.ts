/** Draws fresh ids. Sequences are not part of a transaction: ids of one that rolls back are not given back. */
import { defineStatement } from "@kith/database";

/** Ascending, as text with commas: an array's text is as long, and a row for each costs more than drawing it. */
export type DrawnIds = { identities: string; contacts: string };

export const drawIds = defineStatement<{ identities: number; contacts: number }, DrawnIds>(
  "draw-ids",
  `select
     (select coalesce(string_agg(nextval('identity_id_seq')::text, ','), '') from generate_series(1, $1::int)) as identities,
     (select coalesce(string_agg(nextval('contact_id_seq')::text, ','), '') from generate_series(1, $2::int)) as contacts`,
  ({ identities, contacts }) => [identities, contacts],
);
