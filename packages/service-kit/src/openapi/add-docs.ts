/** `GET /openapi.json` and `GET /docs`: the contract from the service itself, made once and kept as bytes. */
import type { OpenApiDocument } from "@kith/contracts";
import type { FastifyInstance } from "fastify";
import { renderDocs } from "./render-docs.ts";

/** The page has no script and nothing of its own to load; a browser is told to believe that. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Adds both routes. */
export function addDocs(app: FastifyInstance, document: OpenApiDocument): void {
  const json = Buffer.from(JSON.stringify(document));
  const page = Buffer.from(renderDocs(document));
  app.get("/openapi.json", async (_request, reply) =>
    reply.header("content-type", "application/json; charset=utf-8").send(json),
  );
  app.get("/docs", async (_request, reply) =>
    reply
      .header("content-type", "text/html; charset=utf-8")
      .header("content-security-policy", PAGE_POLICY)
      .header("x-content-type-options", "nosniff")
      .send(page),
  );
}
