/** The record of `identity.resolved`: a full snapshot of one identity, or a redirect for a merged-away one. */
import { z } from "zod";
import { contactBody } from "./contact.ts";

export const activeIdentityRecord = z.object({
  v: z.literal(1),
  identityId: z.int(),
  version: z.int(),
  status: z.literal("active"),
  contact: contactBody,
  size: z.int(),
  truncated: z.boolean(),
  /** Identities merged directly into this one, ascending, at most 256. */
  mergedFrom: z.array(z.int()),
  /** When this version came to be, RFC 3339 in UTC. */
  resolvedAt: z.string(),
});
export type ActiveIdentityRecord = z.infer<typeof activeIdentityRecord>;

export const mergedIdentityRecord = z.object({
  v: z.literal(1),
  identityId: z.int(),
  version: z.int(),
  status: z.literal("merged"),
  /** The immediate survivor; follow until an active one. */
  into: z.int(),
  resolvedAt: z.string(),
});
export type MergedIdentityRecord = z.infer<typeof mergedIdentityRecord>;

/** The value of one record of `identity.resolved`, key: `identityId` as text. Apply iff `version` is greater than the one held. */
export const identityResolvedRecord = z.discriminatedUnion("status", [activeIdentityRecord, mergedIdentityRecord]);
export type IdentityResolvedRecord = z.infer<typeof identityResolvedRecord>;
