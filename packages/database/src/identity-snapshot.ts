/** Rows of identities → what is shown of them. One shape for HTTP answers and for `identity.resolved`. Pure. */
import { type ContactBody, INLINE_MAX } from "@kith/contracts";
import type { IdentityRow } from "./read-identities.ts";

/** An identity as it is in one snapshot of the database. */
export type IdentitySnapshot = {
  readonly identityId: number;
  readonly version: number;
  readonly size: number;
  readonly mergedInto: number | null;
  readonly resolvedAtMs: number;
  readonly truncated: boolean;
  /** The JSON of a {@link ContactBody}: made from the row's texts as they are, it is passed on as it is. */
  readonly contactJson: string;
};

/** Of a large identity the first {@link INLINE_MAX} identifiers and secondaries are shown. */
export function shapeIdentity(row: IdentityRow): IdentitySnapshot {
  const contacts = row.contacts === null ? [] : row.contacts.split(",");
  // The identifiers that one contact introduced have its age, so they are neighbours.
  const contactIds = contacts.filter((id, at) => id !== contacts[at - 1]);
  const { emails, phones } = row.kinds === null ? row : firstOf(row, row.kinds, contacts);
  return {
    identityId: row.identity_id,
    version: row.version,
    size: row.size,
    mergedInto: row.merged_into,
    resolvedAtMs: row.resolved_at_ms,
    // Each of its contacts has introduced an identifier: there are no more of them than of these.
    truncated: row.size > INLINE_MAX,
    contactJson:
      `{"primaryContactId":${contactIds[0] ?? 0},"emails":${listJson(emails)},"phoneNumbers":${listJson(phones)},` +
      `"secondaryContactIds":[${contactIds.slice(1, INLINE_MAX + 1).join(",")}]}`,
  };
}

/** Canonical identifiers are printable ASCII without quotes and backslashes: their JSON is their text in quotes. */
const NEEDS_ESCAPES = /[^\x20-\x7e\n]|["\\]/;

/** The JSON of the lines of a text. */
function listJson(lines: string | null): string {
  if (lines === null) return "[]";
  if (NEEDS_ESCAPES.test(lines)) return JSON.stringify(lines.split("\n"));
  return `["${lines.replaceAll("\n", '","')}"]`;
}

type Member = { readonly isEmail: boolean; readonly value: string; readonly contact: string };

/** Of a large identity the identifiers that are shown: an email before the phone of its contact, always the same ones. */
function firstOf(row: IdentityRow, kinds: string, contacts: readonly string[]) {
  const emails = row.emails?.split("\n").values();
  const phones = row.phones?.split("\n").values();
  const members = contacts.map((contact, at): Member => {
    const isEmail = kinds[at] === "1";
    return { isEmail, value: (isEmail ? emails : phones)!.next().value!, contact };
  });
  for (let at = 1; at < members.length; at++) {
    const [one, other] = [members[at - 1]!, members[at]!];
    if (one.contact === other.contact && !one.isEmail && other.isEmail) [members[at - 1], members[at]] = [other, one];
  }
  const shown = members.slice(0, INLINE_MAX);
  const linesOf = (isEmail: boolean) => {
    const values = shown.filter((member) => member.isEmail === isEmail).map(({ value }) => value);
    return values.length === 0 ? null : values.join("\n");
  };
  return { emails: linesOf(true), phones: linesOf(false) };
}
