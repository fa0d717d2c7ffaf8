/** Canonical forms on one core, with values as people write them. */
import { createCanonicalizer } from "@kith/identifiers";
import { emailText, phoneText } from "../load/identifier-texts.ts";
import type { BenchRun } from "../measure/bench-run.ts";
import { toResult } from "../measure/result.ts";

const VALUES = 10_000;
const EMAILS_AT_LEAST = 300_000;
const PHONES_AT_LEAST = 100_000;
const UPPER_EVERY = 10;
const SPACED_EVERY = 5;

export async function identifiers(run: BenchRun): Promise<void> {
  const durationMs = run.isQuick ? 500 : 5_000;
  const { email, phone } = createCanonicalizer({});
  const emails = Array.from({ length: VALUES }, (_, i) =>
    i % UPPER_EVERY === 0 ? emailText(i).toUpperCase() : emailText(i),
  );
  const phones = Array.from({ length: VALUES }, (_, i) =>
    i % SPACED_EVERY === 0 ? phoneText(i).replace(/^(...)(...)/, "$1 $2 ") : phoneText(i),
  );
  const ofEmails = { figure: perSecond(emails, email, durationMs), target: { atLeast: EMAILS_AT_LEAST } };
  const ofPhones = { figure: perSecond(phones, phone, durationMs), target: { atLeast: PHONES_AT_LEAST } };
  run.report(toResult({ case: "emails", unit: "emails/s", ...ofEmails }));
  run.report(toResult({ case: "phones", unit: "phones/s", ...ofPhones }));
}

function perSecond(values: readonly string[], read: (raw: unknown) => { kind: string }, durationMs: number): number {
  runOnce(values, read); // Compiles what is hot.
  const startedAtMs = performance.now();
  let rounds = 0;
  while (performance.now() - startedAtMs < durationMs) {
    runOnce(values, read);
    rounds += 1;
  }
  return (rounds * values.length) / ((performance.now() - startedAtMs) / 1_000);
}

function runOnce(values: readonly string[], read: (raw: unknown) => { kind: string }): void {
  for (const value of values) if (read(value).kind !== "ok") throw new Error("a value of the bench is not canonical");
}
