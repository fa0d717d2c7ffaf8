/**
 * The identity graph, the log's offsets, the outbox and the dead letters.
 *
 * Locks: only creates new objects; nothing that exists is locked. Takes milliseconds.
 *
 * There are no foreign keys between the hot tables: an insert would take a lock on its parent and break the order in
 * which locks are taken. `kith verify` checks what they would.
 */
import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  // One row per deployment: what its state belongs to. `generation` is raised by the runbook after a restore that lost
  // commits, so that versions go on increasing: version = generation * 2^40 + n.
  `create table deployment (
    one boolean constraint deployment_pkey primary key default true constraint deployment_one check (one),
    generation integer not null default 0 constraint deployment_generation check (generation between 0 and 8191),
    cluster_id text,
    topic_id uuid
  )`,
  "insert into deployment default values",

  // Lock, version and redirect at once. An update of a living identity touches no indexed column, so it is HOT.
  `create table identity (
    id bigint constraint identity_pkey primary key,
    merged_into bigint,
    merged_by uuid,
    version bigint not null,
    resolved_at timestamptz not null,
    size integer not null,
    first_at bigint not null,
    first_obs uuid not null,
    constraint identity_size check (size >= 0),
    constraint identity_merged check ((merged_into is null) = (merged_by is null) and merged_into <> id)
  ) with (fillfactor = 75)`,
  "create index identity_merged_into_idx on identity (merged_into) where merged_into is not null",
  "create sequence identity_id_seq as bigint",

  // kind: 1 email, 2 phone. The second index serves reads of one identity in age order, and moves of a whole identity.
  `create table identifier (
    kind smallint not null constraint identifier_kind check (kind in (1, 2)),
    value text collate "C" not null,
    identity_id bigint not null,
    first_at bigint not null,
    first_obs uuid not null,
    constraint identifier_pkey primary key (kind, value)
  ) with (fillfactor = 90)`,
  "create index identifier_identity_idx on identifier (identity_id, first_at, first_obs)",

  // The evidence: each distinct pair once. There is no index on the phone alone: every link of an identity is found by
  // its emails, and with such an index the planner may probe the links of a phone where it should probe one pair, which
  // for a phone that thousands share is thousands of rows.
  `create table link (
    email text collate "C" not null,
    phone text collate "C" not null,
    first_at bigint not null,
    first_obs uuid not null,
    event_id text not null,
    order_id text,
    constraint link_pkey primary key (email, phone)
  )`,

  // Insert-only, save for supersession.
  `create table contact (
    id bigint generated always as identity constraint contact_pkey primary key,
    obs_id uuid not null constraint contact_obs_id_key unique,
    email text,
    phone text,
    event_id text not null,
    order_id text,
    created_at bigint not null,
    deleted_at timestamptz,
    constraint contact_identifier check (email is not null or phone is not null)
  )`,

  // Where each partition goes on. It is written in the transaction of the batch, and only there.
  `create table consumer_offset (
    topic_id uuid not null,
    partition integer not null,
    next_offset bigint not null,
    constraint consumer_offset_pkey primary key (topic_id, partition)
  ) with (fillfactor = 50)`,

  // Which identities changed, in which transaction. No personal data. Rows go to hourly partitions where one exists.
  `create table outbox (
    seq bigint generated always as identity,
    xid xid8 not null default pg_current_xact_id(),
    identity_id bigint not null,
    version bigint not null,
    at timestamptz not null default now()
  ) partition by range (at)`,
  "create index outbox_xid_idx on outbox (xid)",
  "create table outbox_default partition of outbox default",

  // How far the outbox has been published. The first cursor is taken here, before any writer starts.
  `create table relay (
    one boolean constraint relay_pkey primary key default true constraint relay_one check (one),
    term bigint not null default 0,
    cursor pg_snapshot not null
  )`,
  "insert into relay (cursor) values (pg_current_snapshot())",

  // Records that can never be applied, as they were. published_at: when the dead-letter topic had acknowledged the copy.
  `create table dead_letter (
    topic_id uuid not null,
    partition integer not null,
    "offset" bigint not null,
    code text not null,
    reason text not null,
    key bytea,
    raw bytea,
    headers jsonb not null,
    at timestamptz not null default now(),
    published_at timestamptz,
    constraint dead_letter_pkey primary key (topic_id, partition, "offset")
  )`,
  'create index dead_letter_unpublished_idx on dead_letter (topic_id, partition, "offset") where published_at is null',

  // The classic table, for people with a SQL client. The primary of an identity is its oldest contact.
  `create view contacts as
    select c.id,
      c.phone as "phoneNumber",
      c.email,
      case when p.id = c.id then null else p.id end as "linkedId",
      case when p.id = c.id then 'primary' else 'secondary' end as "linkPrecedence",
      to_timestamp(c.created_at / 1e6) as "createdAt",
      coalesce(c.deleted_at, k.resolved_at) as "updatedAt",
      c.deleted_at as "deletedAt"
    from contact c
    join identifier i on (i.kind, i.value) = (case when c.email is null then 2 else 1 end, coalesce(c.email, c.phone))
    join identity k on k.id = i.identity_id
    join contact p on p.obs_id = k.first_obs`,
];
