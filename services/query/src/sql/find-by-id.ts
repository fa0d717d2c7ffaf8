/** From any id ever published to the identity that it belongs to now. */
import { defineStatement } from "@kith/database";

/** The living identity of a contact: primary, secondary, superseded, or of an absorbed identity. */
export const findIdentityOfContact = defineStatement<number, { identity_id: number }>(
  "find-identity-of-contact",
  `select i.identity_id from contact c
   join identifier i on i.kind = case when c.email is null then 2 else 1 end and i.value = coalesce(c.email, c.phone)
   where c.id = $1`,
  (contactId) => [contactId],
);

/** The living identity that an identity is or was merged into; redirects are followed, and they end. */
export const findSurvivor = defineStatement<number, { identity_id: number }>(
  "find-survivor",
  `with recursive path as (
     select id, merged_into from identity where id = $1
     union
     select k.id, k.merged_into from path p join identity k on k.id = p.merged_into
   )
   select id as identity_id from path where merged_into is null`,
  (identityId) => [identityId],
);
