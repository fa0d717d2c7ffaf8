/**
 * A setup file of vitest's for the tests that speak with services: keeps the problem documents and `/metrics` texts that
 * they are answered with, whatever a test itself does with them.
 */
import { inject } from "vitest";
import { keepSaid, SAID_FOLDER, type SaidKind } from "./said.ts";

process.env[SAID_FOLDER] = inject("saidFolder");

const fetchOnly = globalThis.fetch;
globalThis.fetch = async function fetchAndKeep(...request) {
  const answer = await fetchOnly(...request);
  const kind = kindOf(answer);
  if (kind !== undefined) {
    const keep = (text: string) => keepSaid(kind, `${text}\n`);
    // An answer that breaks off is the business of the test.
    answer
      .clone()
      .text()
      .then(keep, () => undefined);
  }
  return answer;
};

function kindOf({ url, headers }: Response): SaidKind | undefined {
  if (headers.get("content-type")?.startsWith("application/problem+json") === true) return "problem";
  return url.endsWith("/metrics") ? "metrics" : undefined;
}
