/** I1, I2, I3, I8: who is in which identity, how many, since when, and where merged identities lead. */
import type { SqlInvariant } from "./sql-invariant.ts";

export const MEMBERSHIP: readonly SqlInvariant[] = [
  {
    rule: "I1",
    about: "every identifier is in a living identity",
    statements: [
      `select count(*) as wrong, 'identity ' || min(i.identity_id) as example
       from identifier i left join identity k on k.id = i.identity_id
       where k.id is null or k.merged_into is not null`,
    ],
  },
  {
    rule: "I2",
    about: "the size of a living identity is the number of its identifiers",
    statements: [
      `select count(*) as wrong, 'identity ' || min(k.id) as example
       from identity k left join (select identity_id, count(*) as size from identifier group by identity_id) m
         on m.identity_id = k.id
       where k.merged_into is null and k.size <> coalesce(m.size, 0)`,
    ],
  },
  {
    rule: "I3",
    about: "the age of a living identity is the least age of its identifiers",
    statements: [
      `select count(*) as wrong, 'identity ' || min(k.id) as example
       from identity k join (
         select distinct on (identity_id) identity_id, first_at, first_obs from identifier
         order by identity_id, first_at, first_obs
       ) m on m.identity_id = k.id
       where k.merged_into is null and (k.first_at, k.first_obs) <> (m.first_at, m.first_obs)`,
    ],
  },
];

export const REDIRECTS: SqlInvariant = {
  rule: "I8",
  about: "merged identities lead to a living one and have no members; living ones have some",
  statements: [
    // From the living ones down: each merged identity has one way up, so each is reached once, and a circle never.
    `with recursive reached as (
       select c.id from identity c join identity k on k.id = c.merged_into where k.merged_into is null
       union all
       select c.id from reached r join identity c on c.merged_into = r.id
     )
     select count(*) as wrong, 'identity ' || min(k.id) as example
     from identity k left join reached r on r.id = k.id
     where k.merged_into is not null and r.id is null`,
    `select count(*) as wrong, 'identity ' || min(k.id) as example
     from identity k
     where (k.merged_into is null) <> exists (select from identifier i where i.identity_id = k.id)`,
  ],
};
