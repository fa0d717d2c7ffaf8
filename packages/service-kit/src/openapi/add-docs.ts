/** `GET /openapi.json` and `GET /docs`: the contract from the service itself, made when it is first asked for and kept as bytes. */
import type { OpenApiDocument } from "@kith/contracts";
import type { FastifyInstance } from "fastify";
import { sendJson } from "../send-json.ts";
import { renderDocs } from "./render-docs.ts";

/** The page has no script and nothing of its own to load; a browser is told to believe that. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Adds both routes. `makeDocument` is called when somebody asks for the first time: a start need not wait for it. */
export function addDocs(app: FastifyInstance, makeDocument: () => OpenApiDocument): void {
  const json = once(() => Buffer.from(JSON.stringify(makeDocument())));
  const page = once(() => Buffer.from(renderDocs(makeDocument())));
  app.get("/openapi.json", async (_request, reply) => sendJson(reply, json()));
  app.get("/docs", async (_request, reply) =>
    reply
      .header("content-type", "text/html; charset=utf-8")
      .header("content-security-policy", PAGE_POLICY)
      .header("x-content-type-options", "nosniff")
      .send(page()),
  );
}

function once(make: () => Buffer): () => Buffer {
  let made: Buffer | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
