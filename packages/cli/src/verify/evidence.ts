/** I4, I5, I6: links and contacts against the identities they make. */
import type { SqlInvariant } from "./sql-invariant.ts";

export const EVIDENCE: readonly SqlInvariant[] = [
  {
    rule: "I4",
    about: "both ends of a link are in one identity, and no link is older than its ends",
    statements: [
      `select count(*) as wrong,
         coalesce('identity ' || min(coalesce(e.identity_id, p.identity_id)), 'observation ' || min(l.first_obs::text)) as example
       from link l
       left join identifier e on e.kind = 1 and e.value = l.email
       left join identifier p on p.kind = 2 and p.value = l.phone
       where e.identity_id is null or p.identity_id is null or e.identity_id <> p.identity_id
         or (l.first_at, l.first_obs) < (e.first_at, e.first_obs) or (l.first_at, l.first_obs) < (p.first_at, p.first_obs)`,
    ],
  },
  {
    rule: "I5",
    about: "every identifier has its introducing contact, which contains it; every contact that counts introduces one",
    statements: [
      `select count(*) as wrong, 'identity ' || min(i.identity_id) as example
       from identifier i left join contact c on c.obs_id = i.first_obs
       where c.id is null or c.id <> i.contact_id or c.deleted_at is not null or c.created_at <> i.first_at
         or i.value is distinct from case i.kind when 1 then c.email else c.phone end`,
      `select count(*) as wrong, 'contact ' || min(c.id) as example
       from contact c
       left join identifier e on e.kind = 1 and e.value = c.email and e.first_obs = c.obs_id
       left join identifier p on p.kind = 2 and p.value = c.phone and p.first_obs = c.obs_id
       where c.deleted_at is null and e.value is null and p.value is null`,
    ],
  },
  {
    rule: "I6",
    about: "each living identity has one primary, its oldest contact; every contact is in exactly one identity",
    statements: [
      `select count(*) as wrong, 'identity ' || min(k.id) as example
       from identity k
       left join contact c on c.obs_id = k.first_obs
       left join identifier i on i.kind = case when c.email is null then 2 else 1 end and i.value = coalesce(c.email, c.phone)
       where k.merged_into is null and (c.id is null or c.deleted_at is not null or i.identity_id is distinct from k.id)`,
      `select count(*) as wrong, 'contact ' || min(c.id) as example
       from contact c
       left join identifier e on e.kind = 1 and e.value = c.email
       left join identifier p on p.kind = 2 and p.value = c.phone
       left join identity k on k.id = coalesce(e.identity_id, p.identity_id)
       where coalesce(e.identity_id, p.identity_id) is null or e.identity_id <> p.identity_id
         or (c.deleted_at is null and (c.created_at, c.obs_id) < (k.first_at, k.first_obs))`,
    ],
  },
];
