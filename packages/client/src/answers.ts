/**
 * The bodies of answers that only HTTP has. Every answer is checked against its schema before it is handed on; fields
 * that a newer Kith adds are left out.
 */
import { contactBody } from "@kith/contracts";
import { z } from "zod";

/** 200 of `POST /api/identify`. */
export const identifyBody = z.object({ contact: contactBody });

/** 202: the order is in the log. `dropped` names the request fields whose value was a placeholder and was left out. */
export const acceptedBody = z.object({
  eventId: z.string(),
  receipt: z.string(),
  dropped: z.array(z.enum(["email", "phoneNumber"])).optional(),
});
/** An order that is in the log and will be applied. Repeat a request with the same `eventId` and nothing changes. */
export type Accepted = z.infer<typeof acceptedBody>;

/** 202 of a lookup: the receipt's observation is not in the answer yet. */
export const pendingBody = z.object({ status: z.literal("pending") });

/** 200 of `GET /v1/receipts/{receipt}`. */
export const receiptBody = z.object({
  status: z.enum(["applied", "pending", "dead-letter"]),
  code: z.string().optional(),
});
/** What has become of an observation; `code` says why it is a dead letter. */
export type ReceiptStatus = z.infer<typeof receiptBody>;

/** 200 of `GET /v1/progress`. */
export const progressBody = z.object({
  topic: z.string(),
  partitions: z.array(z.object({ partition: z.int(), nextOffset: z.int(), logEnd: z.int(), lag: z.int() })),
  lag: z.int(),
  relayAgeMs: z.number(),
  deadLetters: z.record(z.string(), z.int()),
});
/** How far the log is settled and relayed. */
export type Progress = z.infer<typeof progressBody>;

/** A problem document. A newer Kith may know codes that this one does not. */
export const problemBody = z.object({
  code: z.string(),
  title: z.string(),
  status: z.int(),
  errors: z.array(z.object({ field: z.string(), code: z.string() })).default([]),
  detail: z.string().optional(),
  identityIds: z.array(z.int()).optional(),
  eventId: z.string().optional(),
});
