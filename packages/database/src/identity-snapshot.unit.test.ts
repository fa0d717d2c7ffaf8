import { INLINE_MAX } from "@kith/contracts";
import { describe, expect, it } from "vitest";
import { shapeIdentity } from "./identity-snapshot.ts";
import type { IdentityRow, MemberRow } from "./read-identities.ts";

const row = (members: readonly MemberRow[] | null, size = members?.length ?? 0): IdentityRow => ({
  identity_id: 7,
  version: 3,
  size,
  merged_into: members === null ? 9 : null,
  resolved_at_ms: 1_700_000_000_000,
  members,
});

describe("shapeIdentity", () => {
  it("shows identifiers and contacts in age order, the primary first", () => {
    const { contact, truncated } = shapeIdentity(
      row([
        [1, "a@x.io", 5],
        [2, "555001", 5],
        [1, "b@x.io", 2],
        [2, "555002", 8],
      ]),
    );
    expect(contact).toEqual({
      primaryContactId: 5,
      emails: ["a@x.io", "b@x.io"],
      phoneNumbers: ["555001", "555002"],
      secondaryContactIds: [2, 8],
    });
    expect(truncated).toBe(false);
  });

  it("has nothing to show of an absorbed identity", () => {
    expect(shapeIdentity(row(null))).toMatchObject({ mergedInto: 9, contact: { primaryContactId: 0, emails: [] } });
  });

  it("shows the same identifiers of a large identity, however those of one contact come", () => {
    const older: MemberRow[] = Array.from({ length: INLINE_MAX - 1 }, (_, index) => [1, `e${index}@x.io`, index + 1]);
    const email: MemberRow = [1, "last@x.io", INLINE_MAX];
    const phone: MemberRow = [2, "555999", INLINE_MAX];
    const one = shapeIdentity(row([...older, email, phone], 300));
    const other = shapeIdentity(row([...older, phone, email], 300));
    expect(one).toEqual(other);
    expect(one.contact.emails).toHaveLength(INLINE_MAX);
    expect(one.contact.phoneNumbers).toEqual([]);
    expect(one.truncated).toBe(true);
  });
});
