/**
 * The only body parser of an app: JSON in UTF-8. Other content types are refused with 415. Bytes that are not UTF-8
 * are refused rather than replaced, or two different texts would become one.
 */
import { isUtf8 } from "node:buffer";
import { KithError } from "@kith/contracts";
import type { FastifyInstance, FastifyRequest } from "fastify";

/** Makes `application/json` the one content type the app takes. */
export function addJsonParser(app: FastifyInstance): void {
  // Refuses `__proto__` and `constructor.prototype` at any depth.
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, bytes: Buffer, done) => {
    if (!isUtf8(bytes)) return done(new KithError("malformed-json"), undefined);
    const text = bytes.toString("utf8");
    parse(request as FastifyRequest, text, (error, body) => {
      if (error) done(new KithError(isJson(text) ? "invalid-body" : "malformed-json"), undefined);
      else done(null, body);
    });
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
