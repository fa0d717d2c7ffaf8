/**
 * Thirty-two clients who ask for the largest answers there are, a thousand identities at their full length, as one
 * document or as lines, and read none of it; every few seconds they leave and ask again.
 */
import { INLINE_MAX } from "@kith/contracts";
import { fillLog } from "../../load/fill-log.ts";
import { emailText, phoneText } from "../../load/identifier-texts.ts";
import type { BenchRun } from "../../measure/bench-run.ts";
import { deploy } from "../../measure/deployment.ts";
import { drainBacklog } from "../../measure/drain-backlog.ts";
import { toResult } from "../../measure/result.ts";
import { awaitService, startService } from "../../measure/services.ts";
import type { BenchStack } from "../../measure/stack.ts";
import { type Asked, measureCrowd, requestText } from "./measure-crowd.ts";

const CLIENTS = 32;
const ITEMS = 1_000;
/** Besides its phone. */
const EMAILS = INLINE_MAX - 1;
const STAYS_MS = 5_000;

export async function measureUnreadAnswers(run: BenchRun, stack: BenchStack): Promise<void> {
  const identities = run.isQuick ? 100 : ITEMS;
  const deployment = await deploy(run, stack, "connections_unread");
  let next = 0;
  await fillLog({
    deployment,
    count: identities * EMAILS,
    next: () => ({ phoneId: Math.floor(next / EMAILS), emailId: next++ }),
    name: "large",
  });
  await drainBacklog(run, deployment, {});
  const query = await startService(run, deployment, "query");
  await awaitService(query);

  const items = Array.from({ length: ITEMS }, (_, i) => ({ phoneNumber: phoneText(i % identities) }));
  const batch: Asked = { path: "/v1/contacts/lookup/batch", body: JSON.stringify(items) };
  run.report(toResult({ case: "unread answers: size of one", figure: await sizeOf(query.url, batch), unit: "MB" }));
  await measureCrowd(run, query, {
    name: "unread answers",
    service: "query",
    crowd: {
      clients: CLIENTS,
      openings: [requestText(batch), requestText(batch, "application/x-ndjson")],
      octetsPerSecond: 0,
      reads: false,
      staysMs: STAYS_MS,
      returnsAfterMs: 0,
    },
    asked: { path: "/v1/contacts/lookup", body: JSON.stringify({ email: emailText(1) }) },
    durationMs: run.isQuick ? 10_000 : 60_000,
  });
  await query.stop();
  await deployment.close();
}

async function sizeOf(url: string, { path, body }: Asked): Promise<number> {
  const response = await fetch(url + path, { method: "POST", headers: { "content-type": "application/json" }, body });
  const answer = await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`a batch of lookups was answered with ${response.status}`);
  return answer.byteLength / 1024 / 1024;
}
