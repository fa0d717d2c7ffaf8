/** The record of `order.identity`: one observation in canonical form. */
import { z } from "zod";

/** The version of the record this code writes and reads. */
export const ORDER_IDENTITY_VERSION = 1;

/** How far, in milliseconds, an observation's age may be ahead of its record's own time. */
export const SEEN_AT_AHEAD_MS_MAX = 3_600_000;

/**
 * Form of the record's value. Lengths, canonical forms and ages have dead-letter codes of their own and are tested by
 * the reconciler after the form. Unknown fields are ignored.
 */
export const orderIdentityRecord = z.object({
  v: z.literal(ORDER_IDENTITY_VERSION),
  eventId: z.string(),
  orderId: z.string().optional(),
  email: z.string().optional(),
  phone: z.string().optional(),
  /** Microseconds since 1970; the observation's age. */
  seenAt: z.number(),
  occurredAt: z.string().optional(),
  source: z.string().optional(),
  /** Version of the canonical forms and of the built-in junk list the writer applied. */
  normVersion: z.int(),
  /** Record fields whose value was junk and was left out. */
  dropped: z.array(z.enum(["email", "phone"])).optional(),
});

/** The value of one record of `order.identity`. */
export type OrderIdentityRecord = z.infer<typeof orderIdentityRecord>;

/** One observation as the reconciler works on it: the record plus its content-bound id. */
export type Observation = {
  readonly obsId: string;
  readonly eventId: string;
  readonly orderId: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  /** Microseconds since 1970. Age is `(seenAt, obsId)`. */
  readonly seenAt: number;
};

/** The greatest length of each text of a record, in octets of UTF-8. */
export const TEXT_OCTETS_MAX = {
  eventId: 255,
  orderId: 255,
  source: 255,
  email: 254,
  phone: 16,
  occurredAt: 64,
} as const;
