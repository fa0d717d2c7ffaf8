/** How old an order may claim to be: any age for keys with scope `import`, none at all for others. */
import { SEEN_AT_AHEAD_MS_MAX } from "@kith/contracts";
import { hasScope } from "@kith/service-kit";
import type { FastifyRequest } from "fastify";

/** The latest `seenAt` that the request may give, in microseconds; undefined if it may give none. */
export function latestSeenAt(request: FastifyRequest): number | undefined {
  return hasScope(request, "import") ? (Date.now() + SEEN_AT_AHEAD_MS_MAX) * 1_000 : undefined;
}
