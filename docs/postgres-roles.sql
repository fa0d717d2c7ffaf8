-- The three roles of a deployment. Run it once as a superuser, in the deployment's database, before `kith migrate`:
--   psql --dbname=kith --file=docs/postgres-roles.sql
-- then give each role a password (\password kith_admin …), or a certificate in pg_hba.conf.
-- For another DATABASE_SCHEMA, or a second deployment in one database, replace `kith` and the roles' names throughout.

create role kith_admin login;
create role kith_reconciler login;
create role kith_query login;

-- Everything is made by kith_admin, so that what it makes later is covered by the default privileges below.
create schema if not exists kith authorization kith_admin;
do $$ begin execute format('grant connect, create on database %I to kith_admin', current_database()); end $$;
do $$ begin execute format('grant connect on database %I to kith_reconciler, kith_query', current_database()); end $$;
grant usage on schema kith to kith_reconciler, kith_query;

alter default privileges for role kith_admin in schema kith
  grant select, insert, update, delete on tables to kith_reconciler;
alter default privileges for role kith_admin in schema kith
  grant usage on sequences to kith_reconciler;
alter default privileges for role kith_admin in schema kith
  grant select on tables to kith_query;
-- Some functions of the schema work with their owner's rights, so not everybody may call them.
alter default privileges for role kith_admin revoke execute on functions from public;
alter default privileges for role kith_admin in schema kith grant execute on functions to kith_reconciler;

-- What a service sets for its own connections, held against one that does not.
alter role kith_reconciler set statement_timeout = '20s';
alter role kith_reconciler set idle_in_transaction_session_timeout = '10s';
alter role kith_query set default_transaction_read_only = on;
alter role kith_query set statement_timeout = '10s';
alter role kith_query set idle_in_transaction_session_timeout = '10s';
