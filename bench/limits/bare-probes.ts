/** The limit of a drain that writes nothing: the same pairs looked up by one bare `unnest` probe a batch. */
import { createDatabase, defineStatement, textArray } from "@kith/database";
import { emailText, phoneText } from "../load/identifier-texts.ts";
import type { Pair } from "../load/people.ts";
import { type Deployment, SCHEMA } from "../measure/deployment.ts";

const probeLinks = defineStatement<readonly Pair[], { found: number }>(
  "bare-probe",
  `select count(*) as found from unnest($1::text[], $2::text[]) as q(email, phone)
   cross join lateral (select 1 from link l where l.email = q.email and l.phone = q.phone) known`,
  (pairs) => [
    textArray(pairs.map(({ emailId }) => (emailId < 0 ? null : emailText(emailId)))),
    textArray(pairs.map(({ phoneId }) => (phoneId < 0 ? null : phoneText(phoneId)))),
  ],
);

/** Answers how many seconds the probes took. */
export async function measureBareProbes(
  deployment: Deployment,
  work: { count: number; batchSize: number; next: () => Pair },
): Promise<number> {
  const { db, close } = createDatabase({
    url: deployment.databaseUrl,
    schema: SCHEMA,
    role: "reader",
    poolMax: 1,
    applicationName: "kith-bench-limit",
  });
  try {
    const startedAtMs = performance.now();
    for (let from = 0; from < work.count; from += work.batchSize) {
      await probeLinks(db, Array.from({ length: Math.min(work.batchSize, work.count - from) }, work.next));
    }
    return (performance.now() - startedAtMs) / 1_000;
  } finally {
    await close();
  }
}
