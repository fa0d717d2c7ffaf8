import { INLINE_MAX } from "@kith/contracts";
import { describe, expect, it } from "vitest";
import { shapeIdentity } from "./identity-snapshot.ts";
import type { IdentityRow } from "./read-identities.ts";

type Member = readonly [kind: 1 | 2, value: string, contactId: number];

/** As the database would answer for an identity of `size` identifiers, of which `members` are read. */
function row(members: readonly Member[], size = members.length): IdentityRow {
  const linesOf = (kind: 1 | 2) => {
    const values = members.filter((member) => member[0] === kind).map(([, value]) => value);
    return values.length === 0 ? null : values.join("\n");
  };
  return {
    identity_id: 7,
    version: 3,
    size,
    merged_into: size === 0 ? 9 : null,
    resolved_at_ms: 1_700_000_000_000,
    emails: linesOf(1),
    phones: linesOf(2),
    contacts: members.length === 0 ? null : members.map(([, , contactId]) => contactId).join(","),
    kinds: size > INLINE_MAX ? members.map(([kind]) => kind).join("") : null,
  };
}

const contactOf = (of: IdentityRow) => JSON.parse(shapeIdentity(of).contactJson);

describe("shapeIdentity", () => {
  it("shows identifiers and contacts in age order, the primary first", () => {
    const members = row([
      [1, "a@x.io", 5],
      [2, "555001", 5],
      [1, "b@x.io", 2],
      [2, "555002", 8],
    ]);
    expect(contactOf(members)).toEqual({
      primaryContactId: 5,
      emails: ["a@x.io", "b@x.io"],
      phoneNumbers: ["555001", "555002"],
      secondaryContactIds: [2, 8],
    });
    expect(shapeIdentity(members).truncated).toBe(false);
  });

  it("shows lists of one kind only", () => {
    expect(contactOf(row([[2, "555001", 5]]))).toMatchObject({ emails: [], phoneNumbers: ["555001"] });
  });

  it("has nothing to show of an absorbed identity", () => {
    expect(shapeIdentity(row([])).mergedInto).toBe(9);
    expect(contactOf(row([]))).toEqual({
      primaryContactId: 0,
      emails: [],
      phoneNumbers: [],
      secondaryContactIds: [],
    });
  });

  it("writes JSON also of values that no canonical form allows", () => {
    const strange = ['"quoted"@x.io', "back\\slash@x.io", "tab\t@x.io", "ü@x.io", "plain@x.io"];
    expect(contactOf(row(strange.map((value): Member => [1, value, 1]))).emails).toEqual(strange);
  });

  it("shows the same identifiers of a large identity, however those of one contact come", () => {
    const older: Member[] = Array.from({ length: INLINE_MAX - 1 }, (_, index) => [1, `e${index}@x.io`, index + 1]);
    const email: Member = [1, "last@x.io", INLINE_MAX];
    const phone: Member = [2, "555999", INLINE_MAX];
    const one = shapeIdentity(row([...older, email, phone], 300));
    const other = shapeIdentity(row([...older, phone, email], 300));
    expect(one).toEqual(other);
    const contact = JSON.parse(one.contactJson);
    expect(contact.emails).toEqual([...older, email].map(([, value]) => value));
    expect(contact.phoneNumbers).toEqual([]);
    expect(one.truncated).toBe(true);
  });

  it("shows the first emails and phones of a large identity, and its first secondaries", () => {
    const members: Member[] = Array.from({ length: 300 }, (_, index) =>
      index % 3 === 0 ? [2, `555${1000 + index}`, index + 1] : [1, `e${index}@x.io`, index + 1],
    );
    const shown = members.slice(0, INLINE_MAX);
    expect(contactOf(row(members))).toEqual({
      primaryContactId: 1,
      emails: shown.filter(([kind]) => kind === 1).map(([, value]) => value),
      phoneNumbers: shown.filter(([kind]) => kind === 2).map(([, value]) => value),
      secondaryContactIds: members.slice(1, INLINE_MAX + 1).map(([, , contactId]) => contactId),
    });
  });
});
