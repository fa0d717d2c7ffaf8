/** What the query service counts beside its requests. */
import type { Metrics } from "@kith/service-kit";
import type { LookupQueue } from "./lookup/lookup-queue.ts";
import type { Progress } from "./lookup/progress.ts";

/** `queue`, with its lookups counted. */
export function measureLookups(queue: LookupQueue, metrics: Metrics): LookupQueue {
  const lookups = metrics.count("kith_lookups_total", "Lookups that have asked the database, those of batches too.");
  return {
    ...queue,
    find(asked, count = 1) {
      lookups.n += count;
      return queue.find(asked);
    },
  };
}

/** `progress`, with those who wait counted. */
export function measureWaits(progress: Progress, metrics: Metrics): Progress {
  const waits = metrics.count("kith_receipt_waits_total", "Requests and items of batches that came with a receipt.");
  metrics.gauge("kith_receipts_waiting", "How many wait for their receipts now.", progress.waiting);
  return {
    ...progress,
    waitFor(place, waitMs) {
      waits.n += 1;
      return progress.waitFor(place, waitMs);
    },
  };
}
