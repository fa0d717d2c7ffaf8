/** The bodies by the names they have in the published documents, as JSON Schema (draft 2020-12). */
import { z } from "zod";
import * as answers from "./answer-bodies.ts";
import * as requests from "./request-bodies.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

const BODIES: Readonly<Record<string, z.ZodType>> = {
  Problem: answers.problemBody,
  Contact: answers.contactBody,
  Identity: answers.identityBody,
  IdentifyRequest: requests.identifyRequest,
  IdentifyAnswer: answers.identifyAnswer,
  OrderRequest: requests.orderRequest,
  Accepted: answers.acceptedAnswer,
  OrderBatchRequest: requests.orderBatchRequest,
  OrderBatchAnswer: answers.orderBatchAnswer,
  LookupRequest: requests.lookupRequest,
  LookupAnswer: answers.lookupAnswer,
  IdentityAnswer: answers.identityAnswer,
  Pending: answers.pendingAnswer,
  LookupBatchRequest: requests.lookupBatchRequest,
  LookupBatchAnswer: answers.lookupBatchAnswer,
  ReceiptAnswer: answers.receiptAnswer,
  Progress: answers.progressAnswer,
  Health: answers.healthAnswer,
};
const names = new Map(Object.entries(BODIES).map(([name, schema]) => [schema, name]));
const refOf = (name: string): string => `#/components/schemas/${name}`;

/** `components.schemas`: each body once, and references between them. Objects may grow: other properties are allowed. */
export function componentSchemas(): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [name, schema] of Object.entries(BODIES)) registry.add(schema, { id: name });
  const { schemas } = z.toJSONSchema(registry, { io: "input", uri: refOf });
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, tidy(schema)]));
}

/** A reference to a body that has a name, else the schema itself. */
export function schemaOf(schema: z.ZodType): JsonSchema {
  const name = names.get(schema);
  return name === undefined ? tidy(z.toJSONSchema(schema, { io: "input" })) : { $ref: refOf(name) };
}

/** Leaves out what says nothing here, everywhere within: the dialect, ids, and the bounds of every integer. */
export function tidy(schema: unknown): JsonSchema {
  if (Array.isArray(schema)) return schema.map(tidy) as unknown as JsonSchema;
  if (typeof schema !== "object" || schema === null) return schema as unknown as JsonSchema;
  const kept = Object.entries(schema).filter(([name, value]) => {
    if (name === "$schema" || name === "$id" || name === "id") return typeof value === "object";
    return !((name === "minimum" && value === Number.MIN_SAFE_INTEGER) || name === "~standard");
  });
  return Object.fromEntries(kept.map(([name, value]) => [name, tidy(value)]));
}
