/** The consolidated contact, as answered by HTTP and carried by `identity.resolved`. */
import { z } from "zod";

/** At most so many identifiers are inline in an answer, emails and phones together, and so many secondaries. */
export const INLINE_MAX = 256;

/** The classic contact: the primary's own email and phone first, then by age; ids ascending by age. */
export const contactBody = z.object({
  primaryContactId: z.int(),
  emails: z.array(z.string()),
  phoneNumbers: z.array(z.string()),
  secondaryContactIds: z.array(z.int()),
});
export type ContactBody = z.infer<typeof contactBody>;

/** The identity behind a contact. */
export const identityBody = z.object({
  identityId: z.int(),
  /** Strictly increasing; apply an answer or record only if its version is greater than the one held. */
  version: z.int(),
  /** Number of identifiers, also of those that are not inline. */
  size: z.int(),
  /** True if the contact shows only the first {@link INLINE_MAX} identifiers or secondaries. */
  truncated: z.boolean(),
  /** Only when an absorbed identity was asked for by its id. */
  mergedFrom: z.array(z.int()).optional(),
});
export type IdentityBody = z.infer<typeof identityBody>;

/** An answer of the read side. */
export const lookupAnswer = z.object({
  contact: contactBody,
  identity: identityBody,
  /** The request fields that are not known to Kith, where the other one is. */
  unmatched: z.array(z.enum(["email", "phoneNumber"])).optional(),
});
export type LookupAnswer = z.infer<typeof lookupAnswer>;
