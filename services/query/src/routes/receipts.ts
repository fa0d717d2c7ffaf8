/** What has become of the observation a receipt names. */
import { KithError } from "@kith/contracts";
import type { Database } from "@kith/database";
import type { FastifyInstance } from "fastify";
import { WAIT_MS_MAX } from "../lookup/parse-lookup.ts";
import type { AwaitedReceipt } from "../lookup/wait-for-receipt.ts";
import { readDeadLetterCode } from "../sql/read-progress.ts";

export type ReceiptRouteDependencies = {
  readonly db: Database;
  readonly waitForReceipt: (receipt: string, waitMs: number) => Promise<AwaitedReceipt>;
};

export function addReceiptRoutes(app: FastifyInstance, { db, waitForReceipt }: ReceiptRouteDependencies): void {
  app.get<{ Params: { receipt: string }; Querystring: { waitMs?: unknown } }>(
    "/v1/receipts/:receipt",
    async (request) => {
      const place = await waitForReceipt(request.params.receipt, parseWait(request.query.waitMs));
      if (!place.isSettled) return { status: "pending" };
      const [deadLetter] = await readDeadLetterCode(db, place);
      return deadLetter === undefined ? { status: "applied" } : { status: "dead-letter", code: deadLetter.code };
    },
  );
}

function parseWait(text: unknown): number {
  if (text === undefined) return 0;
  if (typeof text === "string" && /^[0-9]{1,9}$/.test(text)) return Math.min(Number(text), WAIT_MS_MAX);
  throw new KithError("invalid-field", { errors: [{ field: "waitMs", code: "invalid-field" }] });
}
