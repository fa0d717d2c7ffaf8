/** What is written down of a route: enough for the published document, and for running its examples as tests. */
import type { z } from "zod";
import type { ProblemCode } from "../problem-codes.ts";

export type Parameter = {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly description: string;
  readonly schema: z.ZodType;
};

export type Answer = {
  readonly description: string;
  /** By content type. */
  readonly content: Readonly<Record<string, z.ZodType>>;
  readonly headers?: Readonly<Record<string, string>>;
};

/** A request and the status it gets. Run as a test against a system where the orders of `SEED_ORDERS` are known. */
export type Example = {
  readonly summary: string;
  readonly status: number;
  readonly code?: ProblemCode;
  /** In place of the path's parameters. A test puts what it knows in place of `{contactId}` and the like. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, or a text as it is. */
  readonly body?: unknown;
  /** Only where the service has API keys. */
  readonly needsKeys?: true;
};

export type Operation = {
  readonly method: "get" | "post";
  /** As OpenAPI writes it: `/v1/contacts/{contactId}`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  /** A key with one of them is asked for, where there are keys at all. None: open. */
  readonly scopes: readonly string[];
  readonly parameters: readonly Parameter[];
  /** By content type. */
  readonly body?: Readonly<Record<string, z.ZodType>>;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Besides those that any route can have. */
  readonly problems: readonly ProblemCode[];
  readonly examples: readonly Example[];
};

/** What whoever has no key gets, or a key for something else: the same request twice. */
export function keyExamples(
  otherKey: "readKey" | "ingestKey" | "adminKey",
  request: Pick<Example, "parameters" | "query" | "body"> = {},
): Example[] {
  return [
    {
      summary: "Without a key",
      status: 401,
      code: "unauthenticated",
      needsKeys: true,
      headers: { authorization: "" },
      ...request,
    },
    {
      summary: "With a key for something else",
      status: 403,
      code: "forbidden",
      needsKeys: true,
      headers: { authorization: `Bearer {${otherKey}}` },
      ...request,
    },
  ];
}

/** Orders that the examples of the read side are about. */
export const SEED_ORDERS = [
  { email: "lorraine@hillvalley.edu", phoneNumber: "123456" },
  { email: "mcfly@hillvalley.edu", phoneNumber: "123456" },
  { email: "biffsucks@hillvalley.edu", phoneNumber: "717171" },
] as const;
