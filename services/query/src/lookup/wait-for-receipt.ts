/** Receipt → whether the observation it names is in what a lookup sees. */
import { KithError, type LogPosition } from "@kith/contracts";
import type { Database } from "@kith/database";
import { isKnownTopic } from "../sql/read-progress.ts";
import type { Deployment } from "./deployment.ts";
import { type Progress, TooManyWaiters } from "./progress.ts";

export type ReceiptDependencies = {
  readonly db: Database;
  readonly deployment: () => Promise<Deployment | undefined>;
  readonly progress: Progress;
};

export type AwaitedReceipt = LogPosition & { readonly isSettled: boolean };

/** Waits at most `waitMs`. Throws `invalid-receipt`, `receipt-elsewhere`, `receipt-expired`, `overloaded`, `database-unavailable`. */
export function createWaitForReceipt({ db, deployment, progress }: ReceiptDependencies) {
  return async function waitForReceipt(receipt: string, waitMs: number): Promise<AwaitedReceipt> {
    const current = await deployment();
    if (current === undefined) throw new KithError("database-unavailable", { detail: "no reconciler has started yet" });
    const position = current.receipts.read(receipt);
    if (position === undefined)
      throw new KithError("invalid-receipt", { errors: [{ field: "receipt", code: "invalid-receipt" }] });
    if (position.topicId !== current.topicId) {
      const [row] = await isKnownTopic(db, position.topicId);
      throw new KithError(row?.known === true ? "receipt-expired" : "receipt-elsewhere");
    }
    try {
      return { ...position, isSettled: await progress.waitFor(position, waitMs) };
    } catch (error) {
      if (error instanceof TooManyWaiters) throw new KithError("overloaded", {}, { cause: error });
      throw error;
    }
  };
}
