import { createLogger } from "@kith/service-kit";
import { buildObservation } from "@kith/testkit";
import { afterEach, expect, test, vi } from "vitest";
import { createRecentIdentities, type RecentIdentities } from "./recent-identities.ts";
import { type RunningRelay, runRelay } from "./run-relay.ts";
import { useRelay } from "./testing/use-relay.ts";

const { publisher, reconcile, created, relayTo, published } = await useRelay();

const ROUND_MS = 10;
/** A wait that no test sees the end of. */
const NEVER_MS = 600_000;
const UNTIL = { timeout: 20_000, interval: 20 };

let relay: RunningRelay | undefined;
let hasBacklog = false;

afterEach(async () => {
  await relay?.stop();
  hasBacklog = false;
});

/** A relay that leads. */
async function startRelay(recent?: RecentIdentities): Promise<RunningRelay> {
  const running = runRelay({
    ...relayTo(publisher, recent),
    letterPublisher: publisher,
    leaderKey: 4_711n,
    logger: createLogger({ service: "test", level: "silent" }),
    roundMs: { few: ROUND_MS, many: ROUND_MS, backlog: NEVER_MS },
    hasBacklog: () => hasBacklog,
  });
  relay = running;
  await vi.waitUntil(() => running.state().isLeader, UNTIL);
  return running;
}

/** An order of a person, of whom each order says something new. */
async function order(running: RunningRelay, number: number): Promise<void> {
  await reconcile([buildObservation({ email: "one@x.io", phone: `55500${number}`, seenAt: number })]);
  running.wake();
}

const manyRounds = () => new Promise((resolve) => setTimeout(resolve, 30 * ROUND_MS));

test("what changes twice under a backlog is published once, when the backlog is over", async () => {
  const running = await startRelay();
  hasBacklog = true;
  // The round under way has not heard of the backlog.
  await vi.waitUntil(() => Date.now() - running.state().lastRoundAtMs > 30 * ROUND_MS, UNTIL);
  await order(running, 1);
  await manyRounds();
  await order(running, 2);
  expect(await published()).toEqual([]);
  hasBacklog = false;
  await vi.waitUntil(async () => (await published()).length > 0, UNTIL);
  expect(await published()).toMatchObject([{ version: 2, size: 3 }]);
});

test("without a backlog each change is published as it comes", async () => {
  const running = await startRelay();
  for (const number of [1, 2]) {
    await order(running, number);
    await vi.waitUntil(async () => (await published()).length === number, UNTIL);
  }
  expect(await published()).toMatchObject([{ version: 1 }, { version: 2 }]);
});

test("a backlog of new people is published before they are forgotten", async () => {
  const recent = createRecentIdentities(4);
  const running = await startRelay(recent);
  hasBacklog = true;
  await reconcile([1, 2].map((n) => buildObservation({ email: `new${n}@x.io`, seenAt: n })));
  recent.note(created);
  running.wake();
  await vi.waitUntil(async () => (await published()).length === 2, UNTIL);
});

test("a relay that is stopped under a backlog does not wait for its end", async () => {
  const running = await startRelay();
  hasBacklog = true;
  await order(running, 1);
  await running.stop();
  expect(running.state().isLeader).toBe(false);
});
