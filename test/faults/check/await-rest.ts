/** Waits until a deployment has settled all that is in its log, and all that is watched has been read. */
import { isUnanswered } from "@kith/devstack";
import { readLogBounds } from "@kith/kafka";
import { ask, rowsOf, until } from "@kith/testkit/system";
import type { Deployment } from "../rig/deployment.ts";
import { PATIENCE_MS } from "../rig/patience.ts";
import type { Watch } from "./watch.ts";

type Progress = {
  readonly lag: number;
  readonly relayAgeMs: number;
  readonly partitions: readonly { readonly nextOffset: number }[];
};

/** What `/v1/progress` says, or undefined while the query service cannot say. */
export async function readProgress(deployment: Deployment): Promise<Progress | undefined> {
  try {
    const { status, body } = await ask<Progress>(`${deployment.query.url}/v1/progress`, { limitMs: 5_000 });
    return status === 200 ? body : undefined;
  } catch (error) {
    if (isUnanswered(error)) return undefined;
    throw error;
  }
}

/** Lag 0 and everything relayed; answers how long that took. */
export async function untilSettled(deployment: Deployment, limitMs: number): Promise<number> {
  const startedAtMs = performance.now();
  let seen = 0;
  await until(
    "everything is settled and relayed",
    async () => {
      const progress = await readProgress(deployment);
      // An age can round to 0 while a change waits, so what is settled must be so twice.
      seen = progress?.lag === 0 && progress.relayAgeMs === 0 ? seen + 1 : 0;
      return seen >= 2;
    },
    { limitMs, pollMs: 100 },
  );
  return performance.now() - startedAtMs;
}

/** What a leader that was cut off may have published late has been published again by the one after it. */
export async function untilNothingInDoubt({ db }: Deployment): Promise<void> {
  const isOver = async () =>
    (await rowsOf<{ over: boolean }>(db, "select in_doubt_since is null as over from relay"))[0]!.over;
  await until("the doubtful window was published again", isOver, { limitMs: PATIENCE_MS, pollMs: 200 });
}

/** Everything in the three topics has been read. */
export async function untilRead({ kafka, topics }: Deployment, { input, output, letters }: Watch): Promise<void> {
  const pairs = [
    [topics.orderIdentity, input],
    [topics.identityResolved, output],
    [topics.deadLetter, letters],
  ] as const;
  for (const [topic, follower] of pairs) {
    const bounds = await readLogBounds(kafka, topic);
    await until(
      `${topic} is read`,
      () => [...bounds].every(([partition, { end }]) => (follower.positions().get(partition) ?? 0) >= end),
      { limitMs: PATIENCE_MS },
    );
  }
}
