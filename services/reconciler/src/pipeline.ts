/** The way of one record: decode → validate → (in a batch) reconcile → settle. Each step is a file. */
import { AWAITED_HEADER, type Observation } from "@kith/contracts";
import { createHasHeader, type IncomingRecord, type RecordChunk } from "@kith/kafka";
import type { PlacedObservation } from "./reconcile/reconcile-batch.ts";
import type { DeadLetterRow } from "./reconcile/sql/insert-dead-letters.ts";
import type { StepResult } from "./step-result.ts";
import { decodeRecord } from "./steps/decode-record.ts";
import { describeDeadLetter } from "./steps/describe-dead-letter.ts";
import { validateObservation } from "./steps/validate-observation.ts";

/** A record after its steps, still with its place in the log. `bytes` is the size of its value. */
export type DecodedRecord = { readonly offset: number; readonly bytes: number } & (
  | {
      readonly kind: "observation";
      readonly observation: PlacedObservation;
      /** As it was read, where records are kept: should it turn out that it can never be applied. */
      readonly record: IncomingRecord | undefined;
    }
  | { readonly kind: "dead-letter"; readonly deadLetter: DeadLetterRow }
);

/**
 * Runs the steps before reconciliation over a chunk of one partition. Records that became observations are let go, and
 * with them the memory of the fetch they came with, unless `keepsRecords`.
 */
export function decodeChunk(chunk: RecordChunk, keepsRecords: boolean): DecodedRecord[] {
  return chunk.records.map((record) => settleForm(record, chunk.partition, formOf(record), keepsRecords));
}

/** Whether somebody waits for a record to be applied. */
export const isAwaited = createHasHeader(AWAITED_HEADER);

function formOf(record: IncomingRecord) {
  const decoded = decodeRecord(record.value);
  return decoded.kind === "ok" ? validateObservation(decoded.value, record.timestampMs) : decoded;
}

function settleForm(
  record: IncomingRecord,
  partition: number,
  form: StepResult<Observation>,
  keepsRecords: boolean,
): DecodedRecord {
  const { offset } = record;
  const bytes = record.value?.length ?? 0;
  switch (form.kind) {
    case "ok": {
      const { obsId, eventId, orderId, email, phone, seenAt } = form.value;
      const observation = { obsId, eventId, orderId, email, phone, seenAt, partition, offset };
      return { kind: "observation", offset, bytes, observation, record: keepsRecords ? record : undefined };
    }
    case "dead-letter":
      return { kind: "dead-letter", offset, bytes, deadLetter: describeDeadLetter(record, partition, form) };
    default:
      return form satisfies never;
  }
}
