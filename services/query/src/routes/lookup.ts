/** Lookups by identifier: single, for people with curl, and in batches. */
import { KithError, orKithError } from "@kith/contracts";
import type { Canonicalizer } from "@kith/identifiers";
import { sendJson } from "@kith/service-kit";
import type { FastifyInstance } from "fastify";
import type { AnswerJson, LookUp } from "../lookup/look-up.ts";
import { parseLookup } from "../lookup/parse-lookup.ts";
import { createAnswerBatch } from "./answer-batch.ts";

export type LookupRouteDependencies = {
  readonly canonicalizer: Canonicalizer;
  readonly lookUp: LookUp;
};

const PENDING = { status: "pending" } as const;
const BATCH_ITEMS_MAX = 1_000;
const BATCH_BODY_BYTES_MAX = 2 * 1024 * 1024;
const JSON_LINES = "application/x-ndjson";

export function addLookupRoutes(app: FastifyInstance, { canonicalizer, lookUp }: LookupRouteDependencies): void {
  const answerBatch = createAnswerBatch();
  app.post("/v1/contacts/lookup", async (request, reply) => {
    const outcome = await lookUp.one(parseLookup(request.body, canonicalizer));
    return outcome.kind === "found" ? sendJson(reply, outcome.answer) : reply.code(202).send(PENDING);
  });

  app.get<{ Querystring: Record<string, string | string[]> }>("/v1/contacts", async (request, reply) => {
    const outcome = await lookUp.one(parseLookup(fromQuery(request.query), canonicalizer));
    return outcome.kind === "found" ? sendJson(reply, outcome.answer) : reply.code(202).send(PENDING);
  });

  app.post("/v1/contacts/lookup/batch", { bodyLimit: BATCH_BODY_BYTES_MAX }, async (request, reply) => {
    const { body } = request;
    if (!Array.isArray(body) || body.length === 0) throw new KithError("invalid-body");
    if (body.length > BATCH_ITEMS_MAX) throw new KithError("too-many-items");
    const items: readonly unknown[] = body;
    const parseItem = (index: number) => parseLookup(items[index], canonicalizer, `items/${index}/`);
    await answerBatch(reply, {
      count: body.length,
      form: request.headers.accept === JSON_LINES ? "lines" : "document",
      waits: (index) => body[index]?.receipt !== undefined,
      async settleItem(index, enter) {
        try {
          const outcome = await lookUp.one(parseItem(index), enter);
          return itemText(index, outcome.kind === "found" ? outcome.answer : undefined);
        } catch (error) {
          if (error instanceof KithError) return itemText(index, error);
          throw error;
        }
      },
      async settleItems(indexes) {
        const answers = await lookUp.all(indexes.map((index) => orKithError(() => parseItem(index))));
        return answers.map((answer, at) => itemText(indexes[at]!, answer));
      },
    });
  });
}

/** Without an answer the item's order is not applied yet. */
function itemText(index: number, answer: AnswerJson | KithError | undefined): string {
  if (answer === undefined) return `{"index":${index},"status":202}`;
  if (answer instanceof KithError) return JSON.stringify({ index, status: answer.status, problem: answer.toProblem() });
  return `{"index":${index},"status":200,${answer.slice(1)}`;
}

/** An unescaped `+` in a query string is a space: a phone that begins with one lost its plus on the way. */
function fromQuery(query: Record<string, string | string[]>): Record<string, unknown> {
  const { phoneNumber, waitMs } = query;
  if (typeof phoneNumber === "string" && /^ +[0-9]/.test(phoneNumber)) {
    const errors = [{ field: "phoneNumber", code: "unescaped-plus" }];
    throw new KithError("invalid-phone", { errors, detail: "a plus sign in a query string is written %2B" });
  }
  return typeof waitMs === "string" && /^[0-9]{1,9}$/.test(waitMs) ? { ...query, waitMs: Number(waitMs) } : query;
}
