/** The limit of a drain that writes nothing: the same pairs looked up by one bare `unnest` probe a batch. */
import { createDatabase, defineStatement, textArray } from "@kith/database";
import { emailText, phoneText } from "../load/identifier-texts.ts";
import type { Pair } from "../load/people.ts";
import { type Deployment, SCHEMA } from "../measure/deployment.ts";
import type { BenchStack } from "../measure/stack.ts";
import { timeWork, type WorkFigures } from "../measure/time-work.ts";

const probeLinks = defineStatement<readonly Pair[], { found: number }>(
  "bare-probe",
  `select count(*) as found from unnest($1::text[], $2::text[]) as q(email, phone)
   cross join lateral (select 1 from link l where l.email = q.email and l.phone = q.phone) known`,
  (pairs) => [
    textArray(pairs.map(({ emailId }) => (emailId < 0 ? null : emailText(emailId)))),
    textArray(pairs.map(({ phoneId }) => (phoneId < 0 ? null : phoneText(phoneId)))),
  ],
);

export async function measureBareProbes(
  stack: BenchStack,
  deployment: Deployment,
  work: { count: number; batchSize: number; next: () => Pair },
): Promise<WorkFigures> {
  const { db, close } = createDatabase({
    url: deployment.databaseUrl,
    schema: SCHEMA,
    role: "reader",
    poolMax: 1,
    applicationName: "kith-bench-limit",
  });
  try {
    return await timeWork(stack.pids.postgres, async () => {
      for (let from = 0; from < work.count; from += work.batchSize) {
        await probeLinks(db, Array.from({ length: Math.min(work.batchSize, work.count - from) }, work.next));
      }
    });
  } finally {
    await close();
  }
}
