/** The bodies that the services answer with. */
import { z } from "zod";
import { contactBody, identityBody, lookupAnswer } from "../contact.ts";
import { DEAD_LETTER_CODES, type DeadLetterCode } from "../dead-letter-codes.ts";
import { PROBLEM_CODES, type ProblemCode } from "../problem-codes.ts";
import { receipt } from "./identifier-fields.ts";

export const problemBody = z.object({
  type: z.string().regex(/^urn:kith:problem:[a-z-]+$/),
  title: z.string(),
  status: z.int().min(400).max(599),
  code: z.enum(Object.keys(PROBLEM_CODES) as [ProblemCode, ...ProblemCode[]]),
  errors: z
    .array(z.object({ field: z.string(), code: z.string() }))
    .describe("The fields at fault, by the request's own names. Never a value."),
  detail: z.string().optional(),
  identityIds: z.array(z.int()).length(2).optional().describe("Only with different-identities: whose they are."),
  eventId: z.string().optional().describe("Of an order that may be in the log or not: send it again with this one."),
});

const droppedFields = z
  .array(z.enum(["email", "phoneNumber"]))
  .describe("Fields whose value was a placeholder and was left out.");

export const identifyAnswer = z.object({ contact: contactBody });
export const acceptedAnswer = z.object({ eventId: z.string(), receipt, dropped: droppedFields.optional() });

export const orderBatchAnswer = z.object({
  accepted: z.int().nonnegative(),
  rejected: z.int().nonnegative(),
  results: z.array(
    z.union([
      z.object({ index: z.int().nonnegative(), eventId: z.string(), receipt, dropped: droppedFields.optional() }),
      z.object({ index: z.int().nonnegative(), problem: problemBody }),
    ]),
  ),
});

export const identityAnswer = z.object({ contact: contactBody, identity: identityBody });
export const pendingAnswer = z.object({ status: z.literal("pending") });

const index = z.int().nonnegative();
const lookupBatchLine = z.union([
  lookupAnswer.extend({ index, status: z.literal(200) }),
  z.object({ index, status: z.literal(202) }),
  z.object({ index, status: z.int().min(400).max(599), problem: problemBody }),
]);
export const lookupBatchAnswer = z.object({ results: z.array(lookupBatchLine) });
export const lookupBatchLines = z.string().describe("One result a line, as soon as it is settled, in any order.");

export const receiptAnswer = z.object({
  status: z.enum(["applied", "pending", "dead-letter"]),
  code: z
    .enum(Object.keys(DEAD_LETTER_CODES) as [DeadLetterCode, ...DeadLetterCode[]])
    .optional()
    .describe("Of a dead letter: why it can never be applied."),
});

export const progressAnswer = z.object({
  topic: z.string(),
  partitions: z.array(
    z.object({
      partition: z.int().nonnegative(),
      nextOffset: z.int().nonnegative(),
      logEnd: z.int().nonnegative(),
      lag: z.int().nonnegative(),
    }),
  ),
  lag: z.int().nonnegative().describe("Records that are not settled yet, over all partitions."),
  relayAgeMs: z.number().nonnegative().describe("Age of the oldest change that is not published yet."),
  deadLetters: z.record(z.string(), z.int().positive()).describe("How many there are of each code."),
});

export const healthAnswer = z.object({
  status: z.enum(["ok", "failing"]),
  checks: z.record(z.string(), z.enum(["ok", "failing"])),
});

export { contactBody, identityBody, lookupAnswer };
