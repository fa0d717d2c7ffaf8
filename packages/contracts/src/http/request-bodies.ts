/** The bodies that the services take. */
import { z } from "zod";
import {
  email,
  eventId,
  ONE_OF_TWO,
  occurredAt,
  orderId,
  phoneNumber,
  receipt,
  seenAt,
  source,
  waitMs,
} from "./identifier-fields.ts";

const BATCH_ITEMS_MAX = 1_000;

/** Other properties are ignored, as the classic call does. */
export const identifyRequest = z
  .looseObject({ email: email.optional(), phoneNumber: phoneNumber.optional() })
  .meta(ONE_OF_TWO);

export const orderRequest = z
  .strictObject({
    eventId: eventId.optional(),
    orderId: orderId.optional(),
    email: email.optional(),
    phoneNumber: phoneNumber.optional(),
    occurredAt: occurredAt.optional(),
    source: source.optional(),
    seenAt: seenAt.optional(),
  })
  .meta(ONE_OF_TWO);

/** A row that is refused does not refuse the others, so rows of any form are taken. */
export const orderBatchRequest = z
  .array(z.unknown().describe("An order as POST /v1/orders takes it; one of another form is answered in its place."))
  .min(1)
  .max(BATCH_ITEMS_MAX);

export const lookupRequest = z
  .strictObject({
    email: email.optional(),
    phoneNumber: phoneNumber.optional(),
    receipt: receipt.nullable().optional(),
    waitMs: waitMs.nullable().optional(),
  })
  .meta(ONE_OF_TWO);

export const lookupBatchRequest = z
  .array(
    z
      .unknown()
      .describe("A lookup as POST /v1/contacts/lookup takes it; one of another form is answered in its place."),
  )
  .min(1)
  .max(BATCH_ITEMS_MAX);

/** One JSON text a line; blank lines are skipped. */
export const orderLines = z.string().regex(/\S/).describe("One order a line, 1,000 at the most.");
