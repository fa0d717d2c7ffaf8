/** What the ingress counts beside its requests. It is told once a produce, which carries up to thousands of orders. */
import { PublishError, type Publisher } from "@kith/kafka";
import { type Metrics, SECONDS_BOUNDS } from "@kith/service-kit";

/** `publisher`, with what goes through it counted. */
export function measurePublisher(publisher: Publisher, metrics: Metrics): Publisher {
  const published = metrics.count("kith_orders_published_total", "Records that the log has acknowledged.");
  const failed = metrics.counts(
    "kith_orders_unpublished_total",
    "Records that the log did not acknowledge, by whether they may be there all the same.",
    "outcome",
    ["not-written", "unknown"],
  );
  const durations = metrics.distribution(
    "kith_publish_duration_seconds",
    "Time from a produce to its acknowledgement.",
    SECONDS_BOUNDS,
  );
  let inFlight = 0;
  metrics.gauge("kith_publish_in_flight_records", "Records that are not acknowledged yet.", () => inFlight);

  return {
    ...publisher,
    async publish(topic, records) {
      const startedAtMs = performance.now();
      inFlight += records.length;
      try {
        const places = await publisher.publish(topic, records);
        published.n += records.length;
        return places;
      } catch (error) {
        failed[error instanceof PublishError ? error.outcome : "unknown"].n += records.length;
        throw error;
      } finally {
        inFlight -= records.length;
        durations.observe((performance.now() - startedAtMs) / 1_000);
      }
    },
  };
}
