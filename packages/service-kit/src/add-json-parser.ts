/**
 * The only body parser of an app: JSON in UTF-8. Other content types are refused with 415. Bytes that are not UTF-8
 * are refused rather than replaced, or two different texts would become one.
 */
import { isUtf8 } from "node:buffer";
import { KithError } from "@kith/contracts";
import type { FastifyInstance, FastifyRequest } from "fastify";

/** Reads one JSON text of a request; calls back with a KithError where it is none that Kith takes. */
export type ReadJson = (
  request: FastifyRequest,
  text: string,
  done: (error: KithError | null, value: unknown) => void,
) => void;

/** Makes `application/json` the one content type the app takes. */
export function addJsonParser(app: FastifyInstance): void {
  const readJson = createReadJson(app);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, bytes: Buffer, done) => {
    if (!isUtf8(bytes)) return done(new KithError("malformed-json"), undefined);
    readJson(request as FastifyRequest, bytes.toString("utf8"), done);
  });
}

/** JSON with the app's rules: `__proto__` and `constructor.prototype` are refused at any depth. */
export function createReadJson(app: FastifyInstance): ReadJson {
  const parse = app.getDefaultJsonParser("error", "error");
  return function readJson(request, text, done) {
    parse(request, text, (error, value) => {
      if (error) done(new KithError(isJson(text) ? "invalid-body" : "malformed-json"), undefined);
      else done(null, value);
    });
  };
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
