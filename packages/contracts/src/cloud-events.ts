/** CloudEvents 1.0 in binary mode over Kafka: the attributes travel as `ce_` headers. */

/** Headers of one of our records. `time` is RFC 3339 in UTC. */
export function cloudEventHeaders(event: {
  id: string;
  type: "order.identity.v1" | "identity.resolved.v1";
  source: string;
  time: string;
}): Record<string, string> {
  return {
    ce_specversion: "1.0",
    ce_id: event.id,
    ce_type: event.type,
    ce_source: event.source,
    ce_time: event.time,
    "content-type": "application/json",
  };
}

/**
 * The header of a record of `order.identity` whose sender waits for the order to be applied. Without it a reconciler
 * under load lets records gather for a moment, for a larger batch costs less.
 */
export const AWAITED_HEADER = "kith-awaited";
