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
function withAsked(contact: ContactBody, asked: Asked): ContactBody {
  const emails = [...contact.emails];
  const phoneNumbers = [...contact.phoneNumbers];
  const missing: [string[], string][] = [];
  if (asked.email !== undefined && !emails.includes(asked.email)) missing.push([emails, asked.email]);
  if (asked.phone !== undefined && !phoneNumbers.includes(asked.phone)) missing.push([phoneNumbers, asked.phone]);
  for (const _ of missing) {
    if (emails.length + phoneNumbers.length < INLINE_MAX) break;
    (emails.length > phoneNumbers.length ? emails : phoneNumbers).pop();
  }
  for (const [list, value] of missing) list.push(value);
  return { ...contact, emails, phoneNumbers };
}
