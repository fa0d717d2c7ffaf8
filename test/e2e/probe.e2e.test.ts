import { seededRandom } from "@kith/testkit";
import { ask, createLedger, inParallel, randomOrders, useSystem } from "@kith/testkit/system";
import { expect, test } from "vitest";
import { writeFileSync } from "node:fs";
const R = Number(process.env.PROBE_R ?? 1); { const reconcilers = R;
  const world = useSystem({ reconcilers, env: { LOG_LEVEL: "debug" } });
  test(`crowd ${reconcilers}`, async () => {
    const ledger = createLedger();
    const orders = randomOrders({ count: 1_500, households: 12, strangers: 0.02, random: seededRandom(11) });
    const t = performance.now();
    await inParallel(orders, 64, async (order) => {
      await ledger.send(world.system.ingressUrl, { ...order, via: "identify", waitSeconds: 10 });
    });
    console.log("crowd", reconcilers, performance.now() - t);
    writeFileSync(`/tmp/e2eprobe/r${reconcilers}.log`, world.system.logs());
    expect(ledger.unknown.size).toBe(0);
  });
}
