/** A subscriber of `identity.resolved` that tells of the demo's people and can be waited for. */
import { followIdentities, type IdentityTable } from "@kith/client";
import type { IdentityResolvedRecord } from "@kith/contracts";
import type { Stack } from "./find-stack.ts";

export type WatchIdentities = {
  readonly table: IdentityTable;
  /** Tells of the newest record of each of our identities, and from now on of all as they come. */
  goLive(): void;
  /** Resolves as soon as the condition holds, looked at after each record; false if it does not within `ms`. */
  until(condition: () => boolean, ms: number): Promise<boolean>;
  stop(): Promise<void>;
};

export type WatchOptions = {
  readonly stack: Stack;
  /** An identifier that makes an identity one to tell of. */
  readonly identifiers: ReadonlySet<string>;
  readonly onRecord: (record: IdentityResolvedRecord) => void;
};

export async function watchIdentities({ stack, identifiers, onRecord }: WatchOptions): Promise<WatchIdentities> {
  /** The newest record of each identity that is, or was merged into, one of ours. */
  const ours = new Map<number, IdentityResolvedRecord>();
  const waiting = new Set<() => void>();
  let isLive = false;

  function isOurs(record: IdentityResolvedRecord): boolean {
    if (ours.has(record.identityId)) return true;
    // A redirect of an identity that was never told of names no identifier, only where it went.
    if (record.status === "merged") return ours.has(record.into);
    return [...record.contact.emails, ...record.contact.phoneNumbers].some((value) => identifiers.has(value));
  }

  const { table, stop } = await followIdentities({
    kafka: { brokers: stack.brokers, clientId: "kith-demo" },
    topicPrefix: stack.topicPrefix,
    onEvent({ value, outcome }) {
      if (value !== null && outcome === "applied" && isOurs(value)) {
        ours.set(value.identityId, value);
        if (isLive) onRecord(value);
      }
      for (const look of waiting) look();
    },
  });

  return {
    table,
    stop,
    goLive() {
      isLive = true;
      for (const record of ours.values()) onRecord(record);
    },
    until(condition, ms) {
      return new Promise((resolve) => {
        const timer = setTimeout(() => finish(false), ms);
        const look = () => {
          if (condition()) finish(true);
        };
        function finish(answer: boolean) {
          clearTimeout(timer);
          waiting.delete(look);
          resolve(answer);
        }
        waiting.add(look);
        look();
      });
    },
  };
}
