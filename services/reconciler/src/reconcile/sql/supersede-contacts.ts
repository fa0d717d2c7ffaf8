/**
 * W, after the firsts were lowered. Marks those contacts that introduce nothing any more. They still resolve by id, as
 * contacts of a merged identity do.
 */
import { defineStatement, uuidArray } from "@kith/database";

export const supersedeContacts = defineStatement<readonly string[], never>(
  "supersede-contacts",
  `update contact c set deleted_at = now()
   from unnest($1::uuid[]) as q(obs_id)
   where c.obs_id = q.obs_id and c.deleted_at is null
     and not exists (select 1 from identifier i where i.kind = 1 and i.value = c.email and i.first_obs = c.obs_id)
     and not exists (select 1 from identifier i where i.kind = 2 and i.value = c.phone and i.first_obs = c.obs_id)`,
  (obsIds) => [uuidArray(obsIds)],
);
