/** Draws fresh identity ids. Sequences are not part of a transaction: ids of one that rolls back are simply not used. */
import { defineStatement } from "@kith/database";

export const allocateIdentityIds = defineStatement<number, { id: number }>(
  "allocate-identity-ids",
  "select nextval('identity_id_seq') as id from generate_series(1, $1::int)",
  (count) => [count],
);
