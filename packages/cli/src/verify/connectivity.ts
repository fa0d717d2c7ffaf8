/**
 * I10: every identity is connected by its links. Recomputed here rather than in SQL, one identity after the other, so
 * memory holds the largest identity and no more.
 */
import type { Database } from "@kith/database";
import { createForest } from "../forest.ts";
import { type Finding, noteWrong, openFinding } from "./finding.ts";
import { readByCursor } from "./read-by-cursor.ts";

/** One identifier of an identity; an email comes once for each of its links, with the phone at the other end. */
type MemberRow = { identity_id: number; kind: 1 | 2; value: string; linked_phone: string | null };

const MEMBERS = `select i.identity_id, i.kind, i.value, l.phone as linked_phone
  from identifier i left join link l on i.kind = 1 and l.email = i.value
  order by i.identity_id`;

/** `onIdentities` is told how many have been looked at. `session` must be in a transaction. */
export async function checkConnectivity(
  session: Database,
  onIdentities: (count: number) => void = () => undefined,
): Promise<Finding> {
  const finding = openFinding("I10", "every identity is connected by its links");
  let seen = 0;
  let members: MemberRow[] = [];

  function settleIdentity(): void {
    const first = members[0];
    if (first === undefined) return;
    seen += 1;
    if (!isConnected(members)) noteWrong(finding, 1, `identity ${first.identity_id}`);
    members = [];
  }

  for await (const page of readByCursor<MemberRow>(session, "members", MEMBERS)) {
    for (const row of page) {
      if (members[0]?.identity_id !== row.identity_id) settleIdentity();
      members.push(row);
    }
    onIdentities(seen);
  }
  settleIdentity();
  return finding;
}

function isConnected(members: readonly MemberRow[]): boolean {
  const indexOf = new Map<string, number>();
  for (const { kind, value } of members) {
    const key = `${kind}:${value}`;
    if (!indexOf.has(key)) indexOf.set(key, indexOf.size);
  }
  const forest = createForest(indexOf.size);
  let parts = indexOf.size;
  for (const { value, linked_phone } of members) {
    // A link to a phone of another identity is for I4 to report.
    const phone = linked_phone === null ? undefined : indexOf.get(`2:${linked_phone}`);
    if (phone !== undefined && forest.union(indexOf.get(`1:${value}`)!, phone)) parts -= 1;
  }
  return parts === 1;
}
