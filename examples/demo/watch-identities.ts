/** A subscriber of `identity.resolved` that tells of the demo's people and can be waited for. */
import { followIdentities, type IdentityTable } from "@kith/client";
import type { IdentityResolvedRecord } from "@kith/contracts";
import type { Stack } from "./find-stack.ts";

export type WatchIdentities = {
  readonly table: IdentityTable;
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
  const told = new Set<number>();
  const waiting = new Set<() => void>();

  /** A redirect names no identifier: it concerns us if either of its identities has been told of. */
  function concernsUs(record: IdentityResolvedRecord): boolean {
    if (record.status === "merged") return told.has(record.identityId) || told.has(record.into);
    return [...record.contact.emails, ...record.contact.phoneNumbers].some((value) => identifiers.has(value));
  }

  const following = await followIdentities({
    kafka: { brokers: stack.brokers, clientId: "kith-demo" },
    topicPrefix: stack.topicPrefix,
    onEvent({ value, outcome }) {
      if (value !== null && outcome === "applied" && concernsUs(value)) {
        told.add(value.identityId);
        onRecord(value);
      }
      for (const look of waiting) look();
    },
  });

  return {
    table: following.table,
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
    stop: following.stop,
  };
}
