/**
 * W. Creates, changes and redirects identities and puts one outbox row per identity. An update must raise the version:
 * a row it does not touch is missing from the answer, which the caller asserts on.
 */
import { defineStatement, numberArray, uuidArray, type Written } from "@kith/database";
import type { Changes } from "../plan.ts";

/** Returns how many rows were written, created and changed. */
export const writeIdentities = defineStatement<Pick<Changes, "created" | "survivors" | "absorbed">, Written>(
  "write-identities",
  `with created as (
     insert into identity (id, version, resolved_at, size, first_at, first_obs)
     select q.id, q.version, now(), q.size, q.first_at, q.first_obs
     from unnest($1::bigint[], $2::bigint[], $3::int[], $4::bigint[], $5::uuid[]) as q(id, version, size, first_at, first_obs)
     returning id, version
   ), survived as (
     update identity k set version = q.version, resolved_at = now(), size = q.size, first_at = q.first_at, first_obs = q.first_obs
     from unnest($6::bigint[], $7::bigint[], $8::int[], $9::bigint[], $10::uuid[]) as q(id, version, size, first_at, first_obs)
     where k.id = q.id and k.version < q.version and k.merged_into is null
     returning k.id, k.version
   ), absorbed as (
     update identity k set version = q.version, resolved_at = now(), size = 0, merged_into = q.merged_into, merged_by = q.merged_by
     from unnest($11::bigint[], $12::bigint[], $13::bigint[], $14::uuid[]) as q(id, version, merged_into, merged_by)
     where k.id = q.id and k.version < q.version and k.merged_into is null
     returning k.id, k.version
   ), written as (
     select * from created union all select * from survived union all select * from absorbed
   ), told as (
     insert into outbox (identity_id, version) select id, version from written returning 1
   )
   select count(*) as written from told`,
  ({ created, survivors, absorbed }) => [
    numberArray(created.map((row) => row.id)),
    numberArray(created.map((row) => row.version)),
    numberArray(created.map((row) => row.size)),
    numberArray(created.map((row) => row.firstAt)),
    uuidArray(created.map((row) => row.firstObs)),
    numberArray(survivors.map((row) => row.id)),
    numberArray(survivors.map((row) => row.version)),
    numberArray(survivors.map((row) => row.size)),
    numberArray(survivors.map((row) => row.firstAt)),
    uuidArray(survivors.map((row) => row.firstObs)),
    numberArray(absorbed.map((row) => row.id)),
    numberArray(absorbed.map((row) => row.version)),
    numberArray(absorbed.map((row) => row.into)),
    uuidArray(absorbed.map((row) => row.by)),
  ],
);
