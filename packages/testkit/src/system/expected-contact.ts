/** The contact of an identity of the oracle, as it is answered and published. */
import { type ContactBody, INLINE_MAX } from "@kith/contracts";

/** Identifiers and the ids of contacts, both in age order → the body. */
export function expectedContact(
  identifiers: readonly { readonly kind: 1 | 2; readonly value: string }[],
  contactIds: readonly number[],
): ContactBody {
  const shown = identifiers.slice(0, INLINE_MAX);
  return {
    primaryContactId: contactIds[0] ?? 0,
    emails: shown.filter(({ kind }) => kind === 1).map(({ value }) => value),
    phoneNumbers: shown.filter(({ kind }) => kind === 2).map(({ value }) => value),
    secondaryContactIds: contactIds.slice(1, INLINE_MAX + 1),
  };
}

/** Equal in content and in order. */
export function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
