/** A record that can never be applied, as it is kept: key, value and headers as they were, and why. */
import type { IncomingRecord } from "@kith/kafka";
import type { DeadLetterRow } from "../reconcile/sql/insert-dead-letters.ts";

export function describeDeadLetter(
  record: IncomingRecord,
  partition: number,
  why: { readonly code: string; readonly reason: string },
): DeadLetterRow {
  return {
    partition,
    offset: record.offset,
    code: why.code,
    reason: why.reason,
    key: record.key,
    raw: record.value,
    headers: JSON.stringify(headerPairs(record.headers)),
  };
}

function headerPairs(headers: IncomingRecord["headers"]): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? ""]).map((one): [string, string] => [
      name,
      Buffer.from(one).toString("base64"),
    ]),
  );
}
