/**
 * The published documents against the running services, by schemathesis with all its checks: no 5xx, no status and no
 * body that is not documented. Runs where `pnpm test:contract` has put schemathesis in place.
 */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { SEED_ORDERS } from "@kith/contracts";
import { ask, useSystem } from "@kith/testkit/system";
import { beforeAll, describe, expect, test } from "vitest";

const program = process.env.SCHEMATHESIS;
const EXAMPLES = process.env.CONTRACT_EXAMPLES ?? "100";
const SEED = process.env.CONTRACT_SEED ?? "1";
const LIMIT_MS = 3_600_000;

describe.runIf(program !== undefined)("schemathesis", () => {
  const world = useSystem();

  const receipts: string[] = [];

  beforeAll(async () => {
    for (const body of SEED_ORDERS) {
      const { headers } = await ask(`${world.system.ingressUrl}/api/identify`, { body });
      receipts.push(headers.get("kith-receipt") ?? "");
    }
  });

  test.each(["ingress", "query"] as const)("finds nothing in %s", { timeout: LIMIT_MS }, async (service) => {
    const url = service === "ingress" ? world.system.ingressUrl : world.system.queryUrl;
    const code = await run({ KITH_RECEIPTS: receipts.join(",") }, [
      "--config-file",
      join(import.meta.dirname, "schemathesis.toml"),
      "run",
      `${url}/openapi.json`,
      "--checks=all",
      "--continue-on-failure",
      // It speaks of the generator's efficiency: hooks.py leaves out much.
      "--suppress-health-check=filter_too_much,too_slow",
      `--max-examples=${EXAMPLES}`,
      `--seed=${SEED}`,
    ]);
    expect(code).toBe(0);
    expect(world.system.logs()).not.toContain('"level":"error"');
  });
});

function run(more: Record<string, string>, args: readonly string[]): Promise<number | null> {
  const env = {
    ...more,
    ...process.env,
    SCHEMATHESIS_HOOKS: "hooks",
    PYTHONPATH: import.meta.dirname,
    PYTHONDONTWRITEBYTECODE: "1",
  };
  const child = spawn(program as string, args, {
    cwd: dirname(program as string),
    stdio: ["ignore", "inherit", "inherit"],
    env,
  });
  return new Promise((resolve, reject) => child.once("error", reject).once("exit", resolve));
}
