/** Which reconciler leads the relay at the moment: whose session holds the leader's lock. */
import { advisoryKey } from "@kith/database";
import type { Service } from "../rig/service.ts";
import type { Arena } from "./fault.ts";

const HOLDER = `select a.client_port as port from pg_locks l join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'advisory' and l.objsubid = 1 and l.granted
    and ((l.classid::bigint << 32) | l.objid::bigint) = $1::bigint
    and l.database = (select oid from pg_database where datname = current_database())`;
const TRIES = 20;
const TRY_AGAIN_MS = 150;

/** Undefined if there is none for some seconds. */
export async function findLeader(arena: Arena): Promise<Service | undefined> {
  const { deployment, servers } = arena;
  const key = String(advisoryKey(deployment.schema, "relay"));
  for (let tries = 0; tries < TRIES; tries++) {
    const [holder] = await arena.sql<{ port: number }>(HOLDER, [key]);
    const leader = deployment.reconcilers.find((service) =>
      servers
        .roadsOf(service.label)
        .postgres.links()
        .some((link) => link.serverSidePort() === holder?.port),
    );
    if (leader?.pid() !== undefined) return leader;
    await arena.sleep(TRY_AGAIN_MS);
  }
  return undefined;
}
