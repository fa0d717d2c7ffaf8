/** Five hundred clients who send a quarter of a megabyte of a batch, then some octets a second; refused, they return. */
import { emailText } from "../../load/identifier-texts.ts";
import type { BenchRun } from "../../measure/bench-run.ts";
import { deploy } from "../../measure/deployment.ts";
import { awaitService, startService } from "../../measure/services.ts";
import type { BenchStack } from "../../measure/stack.ts";
import { measureCrowd, requestText } from "./measure-crowd.ts";

const CLIENTS = 500;
const BEGUN_BYTES = 256 * 1024;
const BODY_BYTES = 1024 * 1024;

export async function measureSlowSenders(run: BenchRun, stack: BenchStack): Promise<void> {
  const deployment = await deploy(run, stack, "connections_slow");
  const ingress = await startService(run, deployment, "ingress");
  await awaitService(ingress);
  const begun = { path: "/v1/orders/batch", body: `[${" ".repeat(BEGUN_BYTES)}` };
  await measureCrowd(run, ingress, {
    name: "slow senders",
    service: "ingress",
    crowd: {
      clients: CLIENTS,
      openings: [requestText(begun, "application/json", BODY_BYTES)],
      octetsPerSecond: 100,
      reads: true,
      returnsAfterMs: 3_000,
    },
    asked: { path: "/v1/orders", body: JSON.stringify({ email: emailText(0) }) },
    durationMs: run.isQuick ? 10_000 : 60_000,
  });
  await ingress.stop();
  await deployment.close();
}
