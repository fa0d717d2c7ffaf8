/**
 * Who may do what in the live schema may do it in the fresh one, also with what is made there later. Grants of single
 * columns are not looked at: Kith has none.
 */
import { type Database, quoteIdentifier } from "@kith/database";
import { rowsOf } from "../verify/rows-of.ts";

/** `session` must be in a transaction of the owner of both schemas. */
export async function copyGrants(session: Database, { live, fresh }: { live: string; fresh: string }): Promise<void> {
  const parameters = [quoteIdentifier(live), quoteIdentifier(fresh)];
  for (const { statement } of await rowsOf<{ statement: string }>(session, GRANTS, parameters)) {
    await rowsOf(session, statement);
  }
}

const TO = `case a.grantee when 0 then 'public' else a.grantee::regrole::text end
  || case when a.is_grantable then ' with grant option' else '' end`;

// Objects are the same by name. Functions are everybody's unless it is taken from them first.
const GRANTS = `
  select format('grant %s on schema %s to %s', a.privilege_type, $2::text, ${TO}) as statement, 2 as step
  from pg_namespace n cross join lateral aclexplode(n.nspacl) a
  where n.oid = $1::regnamespace and a.grantee <> n.nspowner
  union all
  select format('grant %s on %s %s to %s', a.privilege_type, case c.relkind when 'S' then 'sequence' else 'table' end,
    f.oid::regclass, ${TO}), 2
  from pg_class c join pg_class f on f.relname = c.relname and f.relnamespace = $2::regnamespace and f.relkind = c.relkind
  cross join lateral aclexplode(c.relacl) a
  where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S') and a.grantee <> c.relowner
  union all
  select format('revoke all on function %s from public', f.oid::regprocedure), 1
  from pg_proc p join pg_proc f on f.proname = p.proname and f.pronamespace = $2::regnamespace
    and pg_get_function_identity_arguments(f.oid) = pg_get_function_identity_arguments(p.oid)
  where p.pronamespace = $1::regnamespace and p.proacl is not null
  union all
  select format('grant %s on function %s to %s', a.privilege_type, f.oid::regprocedure, ${TO}), 2
  from pg_proc p join pg_proc f on f.proname = p.proname and f.pronamespace = $2::regnamespace
    and pg_get_function_identity_arguments(f.oid) = pg_get_function_identity_arguments(p.oid)
  cross join lateral aclexplode(p.proacl) a
  where p.pronamespace = $1::regnamespace and a.grantee <> p.proowner
  union all
  select format('alter default privileges for role %s in schema %s grant %s on %s to %s', d.defaclrole::regrole, $2::text,
    a.privilege_type, case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
    else 'types' end, ${TO}), 2
  from pg_default_acl d cross join lateral aclexplode(d.defaclacl) a
  where d.defaclnamespace = $1::regnamespace and a.grantee <> d.defaclrole
  order by step`;
