/** What whoever reads one of our OpenAPI documents can count on: the page that shows it, and the tests that run it. */
import type { Example } from "./operation.ts";
import type { JsonSchema } from "./schema-components.ts";

/** By content type. */
export type DocumentedContent = Readonly<Record<string, { readonly schema: JsonSchema; readonly examples?: object }>>;

/** By name. */
export type DocumentedHeaders = Readonly<Record<string, { readonly description: string }>>;

/** An answer with one status. */
export type DocumentedResponse = {
  readonly description: string;
  readonly content: DocumentedContent;
  readonly headers?: DocumentedHeaders;
};

/** A route; `x-` is what OpenAPI has no place for. */
export type DocumentedOperation = {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly security?: readonly object[];
  readonly "x-scopes"?: readonly string[];
  readonly "x-examples": readonly Example[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly description: string;
    readonly required: boolean;
    readonly schema: JsonSchema;
  }[];
  readonly requestBody?: { readonly required: boolean; readonly content: DocumentedContent };
  /** By status. */
  readonly responses: Readonly<Record<string, DocumentedResponse>>;
};

/** An OpenAPI document as it is served and committed. */
export type OpenApiDocument = {
  readonly openapi: string;
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description: string;
    readonly license: object;
  };
  readonly servers: readonly object[];
  /** By path, then by method in lower case. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly examples: object;
    readonly securitySchemes: object;
  };
};
