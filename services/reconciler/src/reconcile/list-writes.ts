/** The changes of a batch → the statements that write them, in their order, with what must hold before the commit. */
import type { StatementQuery, Written } from "@kith/database";
import { assertRows } from "./assert-changes.ts";
import type { Planned } from "./lock-and-plan.ts";
import { countIdentities } from "./plan.ts";
import { insertOlderContacts } from "./sql/insert-contacts.ts";
import { insertLinks } from "./sql/insert-links.ts";
import { lowerFirsts } from "./sql/lower-firsts.ts";
import { moveIdentifiers } from "./sql/move-identifiers.ts";
import { supersedeContacts } from "./sql/supersede-contacts.ts";
import { writeIdentities } from "./sql/write-identities.ts";

export type Write = {
  readonly query: StatementQuery<unknown>;
  /** What must hold of its rows before the batch is committed. */
  readonly assert?: (rows: readonly unknown[]) => void;
};

/** The statements of W and L5. */
export function listWrites({ changes, contacts: written }: Planned, takeContact: () => number): Write[] {
  const writes: Write[] = [];
  if (changes.lowered.length > 0) {
    const ids = new Set(written.map(({ observation }) => observation.obsId));
    const older = changes.contacts.filter(({ obsId }) => !ids.has(obsId));
    const contacts = older.map((observation) => ({ id: takeContact(), observation }));
    if (older.length > 0) writes.push({ query: insertOlderContacts.query(contacts) });
  }
  if (changes.moves.length > 0) {
    writes.push({
      query: moveIdentifiers.query(changes.moves),
      assert: ([row]) => assertRows("moved identifiers", changes.movedRows, (row as Written).written),
    });
  }
  if (changes.lowered.length > 0) {
    writes.push({
      query: lowerFirsts.query(changes.lowered),
      assert: ([row]) => assertRows("lowered firsts", changes.lowered.length, (row as Written).written),
    });
  }
  if (countIdentities(changes) > 0) {
    writes.push({
      query: writeIdentities.query(changes),
      assert: ([row]) => assertRows("identities", countIdentities(changes), (row as Written).written),
    });
  }
  if (changes.links.length > 0) writes.push({ query: insertLinks.query(changes.links) });
  if (changes.superseded.length > 0) writes.push({ query: supersedeContacts.query(changes.superseded) });
  return writes;
}
