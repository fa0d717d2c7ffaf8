/**
 * L3. Locks the identities a batch changes, in id order, and reads them as they are once locked: in READ COMMITTED a
 * row lock returns the newest version of its row. Who holds these locks owns the membership of these identities.
 */
import { defineStatement, numberArray } from "@kith/database";

export type LockedIdentity = {
  id: number;
  merged_into: number | null;
  version: number;
  size: number;
  first_at: number;
  first_obs: string;
};

export const lockIdentities = defineStatement<readonly number[], LockedIdentity>(
  "lock-identities",
  `select id, merged_into, version, size, first_at, first_obs
   from identity where id = any($1::bigint[]) order by id for no key update`,
  (ids) => [numberArray(ids)],
);
