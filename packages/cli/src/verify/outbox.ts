/** I7, I9: what is to be published, and where the log goes on. */
import type { SqlInvariant } from "./sql-invariant.ts";

export const OUTBOX: SqlInvariant = {
  rule: "I7",
  about: "every version is in the outbox once while the outbox keeps its time, and none is above its identity's",
  statements: [
    `select count(*) as wrong, 'identity ' || min(identity_id) as example
     from (select identity_id from outbox group by identity_id, version having count(*) > 1) d`,
    `select count(*) as wrong, 'identity ' || min(o.identity_id) as example
     from (select identity_id, max(version) as version from outbox group by identity_id) o
     left join identity k on k.id = o.identity_id
     where k.id is null or o.version > k.version`,
    // Old parts of the outbox are dropped. What is older than all that is left may have been in one of them.
    `select count(*) as wrong, 'identity ' || min(k.id) as example
     from identity k
     where k.resolved_at >= (select min(at) from outbox)
       and not exists (select from outbox o where o.identity_id = k.id and o.version = k.version)`,
  ],
};

export const OFFSETS: SqlInvariant = {
  rule: "I9",
  about: "dead letters lie before where their partition goes on; no writing transaction stays open for a minute",
  statements: [
    `select count(*) as wrong,
       (array_agg('dead letter ' || d.partition || '/' || d."offset" order by d.partition, d."offset"))[1] as example
     from dead_letter d left join consumer_offset o using (topic_id, partition)
     where o.next_offset is null or d."offset" >= o.next_offset`,
    // A reconciler's time limits end it long before. The relay holds a snapshot for longer, but writes nothing in it.
    `select count(*) as wrong, 'process ' || min(pid) as example
     from pg_stat_activity
     where datname = current_database() and application_name = 'kith-reconciler' and backend_xid is not null
       and clock_timestamp() - xact_start > interval '60 s'`,
  ],
};
