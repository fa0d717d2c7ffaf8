/** `POST /v1/orders/batch`: up to a thousand orders, as a JSON array or one a line; each row has its own outcome. */
import { isUtf8 } from "node:buffer";
import { KithError, type ProblemDocument } from "@kith/contracts";
import type { Canonicalizer } from "@kith/identifiers";
import { createReadJson } from "@kith/service-kit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { AcceptOrder } from "../publish/accept-order.ts";
import { refuseIdempotencyKey } from "../requests/idempotency-key.ts";
import { parseOrder } from "../requests/parse-order.ts";
import { latestSeenAt } from "./latest-seen-at.ts";

export type OrderBatchDependencies = {
  readonly canonicalizer: Canonicalizer;
  readonly acceptOrder: AcceptOrder;
  readonly bodyBytesMax: number;
  readonly itemsMax: number;
};

type RowResult = {
  index: number;
  eventId?: string;
  receipt?: string;
  dropped?: readonly string[];
  problem?: ProblemDocument;
};

/** One line of a body that is read line by line: a row, or why it is none. */
class BadLine {
  readonly error: KithError;
  constructor(error: KithError) {
    this.error = error;
  }
}

/** Adds the route in a scope of its own: NDJSON is a content type of this route only. */
export function addOrderBatchRoute(app: FastifyInstance, dependencies: OrderBatchDependencies): void {
  const { canonicalizer, acceptOrder, bodyBytesMax, itemsMax } = dependencies;

  async function acceptRow(
    row: unknown,
    index: number,
    traceparent: string | string[] | undefined,
    latest: number | undefined,
  ): Promise<RowResult> {
    try {
      if (row instanceof BadLine) throw row.error;
      const { order, eventId } = parseOrder(row, canonicalizer, `items/${index}/`, latest);
      const accepted = await acceptOrder(order, eventId, traceparent);
      return { index, ...accepted, ...(order.dropped.length > 0 && { dropped: order.dropped }) };
    } catch (error) {
      if (!(error instanceof KithError)) throw error;
      return { index, problem: error.toProblem() };
    }
  }

  app.register(async (scope) => {
    addLineParser(scope, itemsMax);
    scope.post("/v1/orders/batch", { bodyLimit: bodyBytesMax }, async (request, reply) => {
      const { headers } = request.raw;
      refuseIdempotencyKey(headers["idempotency-key"]);
      const rows = request.body;
      if (!Array.isArray(rows) || rows.length === 0) throw new KithError("invalid-body");
      if (rows.length > itemsMax) throw new KithError("too-many-items");
      // All rows are queued before the first produce, in their order.
      const latest = latestSeenAt(request);
      const results = await Promise.all(rows.map((row, index) => acceptRow(row, index, headers.traceparent, latest)));
      const accepted = results.filter((result) => result.receipt !== undefined);
      if (accepted.length === 0) throwIfUnavailable(results);
      const last = accepted.at(-1)?.receipt;
      if (last !== undefined) reply.header("kith-receipt", last);
      return reply.send({ accepted: accepted.length, rejected: results.length - accepted.length, results });
    });
  });
}

/** Where the log takes nothing at all, the whole request can be repeated: rows name their events or get new ids. */
function throwIfUnavailable(results: readonly RowResult[]): void {
  const problem = results.find((result) => result.problem?.status === 503)?.problem;
  if (problem !== undefined) throw new KithError(problem.code);
}

function addLineParser(scope: FastifyInstance, itemsMax: number): void {
  const readJson = createReadJson(scope);
  scope.addContentTypeParser("application/x-ndjson", { parseAs: "buffer" }, (request, bytes: Buffer, done) => {
    if (!isUtf8(bytes)) return done(new KithError("malformed-json"), undefined);
    const rows: unknown[] = [];
    for (const line of bytes.toString("utf8").split("\n")) {
      if (line.trim() === "") continue;
      if (rows.length >= itemsMax) return done(new KithError("too-many-items"), undefined);
      readJson(request as FastifyRequest, line, (error, row) => rows.push(error === null ? row : new BadLine(error)));
    }
    done(null, rows);
  });
}
