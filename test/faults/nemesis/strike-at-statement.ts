/** Waits for a request of a service to Postgres, and strikes at that very moment. */
import type { PostgresRequest, RequestHook, Verdict } from "../proxy/postgres-tap.ts";
import type { Roads } from "../rig/servers.ts";

/** Asks `look` about each request until it answers; resolves with that request, or with undefined after the limit. */
export function strikeAtStatement(
  roads: readonly Roads[],
  limitMs: number,
  look: (request: PostgresRequest) => Verdict | undefined,
): Promise<PostgresRequest | undefined> {
  return new Promise((resolve) => {
    const free = roads.filter((road) => !road.hasHook());
    if (free.length === 0) return resolve(undefined);
    const timer = setTimeout(() => finish(undefined), limitMs);
    function finish(request: PostgresRequest | undefined): void {
      clearTimeout(timer);
      for (const road of free) road.setHook(undefined);
      resolve(request);
    }
    const hook: RequestHook = (request) => {
      const verdict = look(request);
      if (verdict !== undefined) finish(request);
      return verdict;
    };
    for (const road of free) road.setHook(hook);
  });
}

/** A request of a transaction that writes batches, not of the relay or of a listener. */
export function isOfWriter({ statements }: PostgresRequest): boolean {
  return !statements.some((text) => /repeatable read|declare |fetch |listen|advisory/i.test(text));
}

/** The first words of a statement, for the fault log: never a value. */
export function nameOf({ statements }: PostgresRequest): string {
  return (statements.at(-1) ?? "").replaceAll(/\s+/g, " ").slice(0, 40);
}
