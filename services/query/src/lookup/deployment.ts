/** What the schema is the state of: the topic whose receipts can be waited for, and the key they are made with. */
import { createReceipts, type Receipts } from "@kith/contracts";
import type { Database } from "@kith/database";
import { readDeployment } from "../sql/read-progress.ts";

export type Deployment = { readonly topicId: string; readonly receipts: Receipts };

export type DeploymentDependencies = {
  readonly db: Database;
  /** `RECEIPT_SECRET`; without one the Kafka cluster's id, as the reconciler stored it. */
  readonly receiptSecret: string | undefined;
};

const REREAD_MS = 5_000;

/** Answers undefined until a reconciler has bound the schema to its topic. Read again now and then: a runbook may rebind it. */
export function createDeployment({ db, receiptSecret }: DeploymentDependencies): () => Promise<Deployment | undefined> {
  let held: { deployment: Deployment; atMs: number } | undefined;
  let reading: Promise<Deployment | undefined> | undefined;

  async function read(): Promise<Deployment | undefined> {
    const [row] = await readDeployment(db, null);
    if (row?.topic_id == null || row.cluster_id == null) return undefined;
    const receipts = held?.deployment.receipts ?? createReceipts(receiptSecret ?? row.cluster_id);
    const deployment = { topicId: row.topic_id, receipts };
    held = { deployment, atMs: Date.now() };
    return deployment;
  }

  return async function currentDeployment() {
    if (held !== undefined && Date.now() - held.atMs < REREAD_MS) return held.deployment;
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
}
