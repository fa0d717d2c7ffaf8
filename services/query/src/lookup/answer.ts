/** Snapshot → the body of an answer, as JSON. */
import { type ContactBody, type IdentityBody, INLINE_MAX, type LookupAnswer } from "@kith/contracts";
import type { IdentitySnapshot } from "@kith/database";

export type AnswerOptions = {
  /** What was asked for, in canonical form. It is always among the identifiers shown, however large the identity. */
  readonly email?: string | undefined;
  readonly phone?: string | undefined;
  readonly unmatched?: LookupAnswer["unmatched"];
  readonly mergedFrom?: IdentityBody["mergedFrom"];
};

/** The JSON of a {@link LookupAnswer}. */
export function lookupAnswer(snapshot: IdentitySnapshot, options: AnswerOptions = {}): string {
  const { identityId, version, size, truncated, contactJson } = snapshot;
  const { unmatched = [], mergedFrom = [] } = options;
  const contact = truncated ? withAsked(contactJson, options) : contactJson;
  return (
    `{"contact":${contact},"identity":{"identityId":${identityId},"version":${version},"size":${size},` +
    `"truncated":${truncated}${mergedFrom.length > 0 ? `,"mergedFrom":[${mergedFrom.join(",")}]` : ""}}` +
    `${unmatched.length > 0 ? `,"unmatched":${JSON.stringify(unmatched)}` : ""}}`
  );
}

/** Puts what was asked for in the place of the youngest identifiers shown. */
function withAsked(contactJson: string, { email, phone }: AnswerOptions): string {
  const contact = JSON.parse(contactJson) as ContactBody;
  const { emails, phoneNumbers } = contact;
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
  return JSON.stringify(contact);
}
