/**
 * Repairs a timer of KafkaJS 2.2.4. Its request queue re-arms itself after every answer, for ever and with a negative
 * delay: a thousand wake-ups a second for each open connection, and `TimeoutNegativeWarning` on stderr from Node 23 on
 * (tulios/kafkajs issue 1751). The timer is only needed while a request waits, so it is only armed then.
 */
import { createRequire } from "node:module";

type RequestQueue = {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
};

const CHECK_INTERVAL_MS = 10;

export function repairRequestQueueTimer(): void {
  const { prototype } = createRequire(import.meta.url)("kafkajs/src/network/requestQueue") as {
    prototype: RequestQueue;
  };
  prototype.scheduleCheckPendingRequests = function scheduleCheckPendingRequests(): void {
    if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return;
    const delayMs = Math.max(this.throttledUntil - Date.now(), CHECK_INTERVAL_MS);
    this.throttleCheckTimeoutId = setTimeout(() => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    }, delayMs);
  };
}
