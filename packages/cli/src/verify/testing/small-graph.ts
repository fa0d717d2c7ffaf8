/**
 * A small graph in which all is well, written row by row. Identity 1 has three emails and a phone, and has absorbed
 * identity 2; identity 3 is one email. Partition 0 was settled up to offset 10, with a dead letter at 3.
 */
import type { Database } from "@kith/database";
import { rowsOf } from "../rows-of.ts";

/** The observation number `n`. */
export const obs = (n: number) => `00000000-0000-8000-8000-00000000000${n}`;
/** When identities got the version they have. */
export const RESOLVED_AT = "2026-11-02T09:00:00.000Z";
export const TOPIC_ID = "11111111-1111-4111-8111-111111111111";

export async function insertSmallGraph(db: Database): Promise<void> {
  for (const text of STATEMENTS) await rowsOf(db, text);
}

const STATEMENTS = [
  `insert into identity (id, merged_into, merged_by, version, resolved_at, size, first_at, first_obs) values
     (1, null, null, 3, '${RESOLVED_AT}', 4, 1, '${obs(1)}'),
     (2, 1, '${obs(4)}', 2, '${RESOLVED_AT}', 0, 3, '${obs(3)}'),
     (3, null, null, 1, '${RESOLVED_AT}', 1, 5, '${obs(5)}')`,
  "select setval('identity_id_seq', 3)",
  `insert into identifier (kind, value, identity_id, first_at, first_obs) values
     (1, 'doc@x.io', 1, 1, '${obs(1)}'), (2, '100001', 1, 1, '${obs(1)}'), (1, 'emmett@x.io', 1, 2, '${obs(2)}'),
     (1, 'brown@x.io', 1, 3, '${obs(3)}'), (1, 'biff@x.io', 3, 5, '${obs(5)}')`,
  `insert into link (email, phone, first_at, first_obs, event_id) values
     ('doc@x.io', '100001', 1, '${obs(1)}', 'evt-1'), ('emmett@x.io', '100001', 2, '${obs(2)}', 'evt-2'),
     ('brown@x.io', '100001', 4, '${obs(4)}', 'evt-4')`,
  `insert into contact (obs_id, email, phone, event_id, created_at) values
     ('${obs(1)}', 'doc@x.io', '100001', 'evt-1', 1), ('${obs(2)}', 'emmett@x.io', '100001', 'evt-2', 2),
     ('${obs(3)}', 'brown@x.io', null, 'evt-3', 3), ('${obs(5)}', 'biff@x.io', null, 'evt-5', 5)`,
  `insert into outbox (identity_id, version, at) values
     (1, 1, '${RESOLVED_AT}'), (1, 2, '${RESOLVED_AT}'), (2, 1, '${RESOLVED_AT}'), (3, 1, '${RESOLVED_AT}'),
     (1, 3, '${RESOLVED_AT}'), (2, 2, '${RESOLVED_AT}')`,
  `insert into consumer_offset (topic_id, partition, next_offset) values ('${TOPIC_ID}', 0, 10)`,
  `insert into dead_letter (topic_id, partition, "offset", code, reason, headers) values
     ('${TOPIC_ID}', 0, 3, 'invalid-json', 'not JSON', '[]')`,
];
