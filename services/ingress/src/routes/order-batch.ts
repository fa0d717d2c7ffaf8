/** `POST /v1/orders/batch`: up to a thousand orders, as a JSON array or one a line; each row has its own outcome. */
import { isUtf8 } from "node:buffer";
import { KithError, orKithError } from "@kith/contracts";
import type { Canonicalizer } from "@kith/identifiers";
import { createReadJson, sendJson } from "@kith/service-kit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { AcceptOrder, GivenOrder } from "../publish/accept-order.ts";
import type { Accepted } from "../publish/order-log.ts";
import { refuseIdempotencyKey } from "../requests/idempotency-key.ts";
import { parseOrder } from "../requests/parse-order.ts";
import { latestSeenAt } from "./latest-seen-at.ts";
import { acceptedFields } from "./send-accepted.ts";

export type OrderBatchDependencies = {
  readonly canonicalizer: Canonicalizer;
  readonly acceptOrder: AcceptOrder;
  readonly bodyBytesMax: number;
  readonly itemsMax: number;
};

/** Adds the route in a scope of its own: NDJSON is a content type of this route only. */
export function addOrderBatchRoute(app: FastifyInstance, dependencies: OrderBatchDependencies): void {
  const { canonicalizer, acceptOrder, bodyBytesMax, itemsMax } = dependencies;

  function parseRow(row: unknown, index: number, latest: number | undefined): GivenOrder | KithError {
    // A line that is no JSON.
    if (row instanceof KithError) return row;
    return orKithError(() => parseOrder(row, canonicalizer, `items/${index}/`, latest));
  }

  app.register(async (scope) => {
    addLineParser(scope, itemsMax);
    scope.post("/v1/orders/batch", { bodyLimit: bodyBytesMax }, async (request, reply) => {
      const { headers } = request.raw;
      refuseIdempotencyKey(headers["idempotency-key"]);
      const rows = request.body;
      if (!Array.isArray(rows) || rows.length === 0) throw new KithError("invalid-body");
      if (rows.length > itemsMax) throw new KithError("too-many-items");
      const latest = latestSeenAt(request);
      const parsed = rows.map((row, index) => parseRow(row, index, latest));
      const outcomes = await acceptOrder.all(parsed.filter(isNoError), headers.traceparent);
      const last = outcomes.findLast(isNoError);
      if (last === undefined) throwIfUnavailable(outcomes);
      else reply.header("kith-receipt", last.receipt);
      return sendJson(reply, answerText(parsed, outcomes));
    });
  });
}

/** Where the log takes nothing at all, the whole request can be repeated: rows name their events or get new ids. */
function throwIfUnavailable(outcomes: readonly (Accepted | KithError)[]): void {
  const error = outcomes.find((outcome) => outcome instanceof KithError && outcome.status === 503);
  if (error instanceof KithError) throw new KithError(error.code);
}

function isNoError<T>(value: T | KithError): value is T {
  return !(value instanceof KithError);
}

/** `outcomes` has those of the rows that are orders. By hand, for it is a thousand rows. */
function answerText(parsed: readonly (GivenOrder | KithError)[], outcomes: readonly (Accepted | KithError)[]): string {
  let accepted = 0;
  let at = 0;
  let results = "";
  for (const [index, row] of parsed.entries()) {
    const outcome = row instanceof KithError ? row : outcomes[at++]!;
    if (index > 0) results += ",";
    if (outcome instanceof KithError) {
      results += JSON.stringify({ index, problem: outcome.toProblem() });
      continue;
    }
    accepted += 1;
    results += `{"index":${index},${acceptedFields(outcome, (row as GivenOrder).order.dropped)}}`;
  }
  return `{"accepted":${accepted},"rejected":${parsed.length - accepted},"results":[${results}]}`;
}

function addLineParser(scope: FastifyInstance, itemsMax: number): void {
  const readJson = createReadJson(scope);
  scope.addContentTypeParser("application/x-ndjson", { parseAs: "buffer" }, (request, bytes: Buffer, done) => {
    if (!isUtf8(bytes)) return done(new KithError("malformed-json"), undefined);
    const rows: unknown[] = [];
    for (const line of bytes.toString("utf8").split("\n")) {
      if (line.trim() === "") continue;
      if (rows.length >= itemsMax) return done(new KithError("too-many-items"), undefined);
      readJson(request as FastifyRequest, line, (error, row) => rows.push(error ?? row));
    }
    done(null, rows);
  });
}
