/** Snapshot → the body of an answer. */
import { type ContactBody, INLINE_MAX, type LookupAnswer } from "@kith/contracts";
import type { IdentitySnapshot } from "@kith/database";

/** What was asked for, in canonical form. It is always among the identifiers shown, however large the identity. */
export type Asked = { readonly email?: string | undefined; readonly phone?: string | undefined };

export function lookupAnswer(
  snapshot: IdentitySnapshot,
  asked: Asked = {},
  unmatched: ("email" | "phoneNumber")[] = [],
): LookupAnswer {
  const { identityId, version, size, truncated } = snapshot;
  return {
    contact: truncated ? withAsked(snapshot.contact, asked) : snapshot.contact,
    identity: { identityId, version, size, truncated },
    ...(unmatched.length > 0 ? { unmatched } : {}),
  };
}

/** Puts what was asked for in the place of the youngest identifiers shown. */
function withAsked(contact: ContactBody, { email, phone }: Asked): ContactBody {
  const emails = [...contact.emails];
  const phoneNumbers = [...contact.phoneNumbers];
  const isMissingEmail = email !== undefined && !emails.includes(email);
  const isMissingPhone = phone !== undefined && !phoneNumbers.includes(phone);
  const places = INLINE_MAX - (isMissingEmail ? 1 : 0) - (isMissingPhone ? 1 : 0);
  while (emails.length + phoneNumbers.length > places) {
    const list = emails.length > phoneNumbers.length ? emails : phoneNumbers;
    const youngest = list.findLastIndex((value) => value !== email && value !== phone);
    list.splice(youngest, 1);
  }
  if (isMissingEmail) emails.push(email);
  if (isMissingPhone) phoneNumbers.push(phone);
  return { ...contact, emails, phoneNumbers };
}
