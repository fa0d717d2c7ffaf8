/** The life of a relay: wait for the leader's lock, lead a term, relay whenever woken, start over when anything fails. */
import { type Database, isLostConnection } from "@kith/database";
import type { Publisher } from "@kith/kafka";
import type { Logger } from "@kith/service-kit";
import { startKeepingPartitions } from "./keep-partitions.ts";
import { startRelayingDeadLetters } from "./relay-dead-letters.ts";
import {
  DOUBT_MS,
  type RelayDependencies,
  relayOutbox,
  republishDoubtful,
  type Term,
  TermLost,
} from "./relay-outbox.ts";
import { type BegunTerm, beginTerm, handOver, releaseLeaderLock, tryLeaderLock } from "./sql/relay-term.ts";

export type RunRelayDependencies = RelayDependencies & {
  /** For dead letters. Of its own, since a publisher sends one thing after the other. */
  readonly letterPublisher: Publisher;
  readonly leaderKey: bigint;
  readonly logger: Logger;
  /**
   * Pauses between two rounds: after one of few changes, after one of many, and at the most while there is a backlog.
   * Changes of one identity within a pause become one record.
   */
  readonly roundMs: { readonly few: number; readonly many: number; readonly backlog: number };
  /** The batches of this process are whole ones that have been waiting. */
  readonly hasBacklog: () => boolean;
};

export type RunningRelay = {
  /** A batch was committed somewhere. */
  wake(): void;
  state(): { readonly isLeader: boolean; readonly lastRoundAtMs: number };
  stop(): Promise<void>;
};

const IDLE_MS = 200;
/** After so many changes the next round may wait longer: more are on their way. */
const MANY_CHANGES = 32;
const RETRY_MS = 500;

export function runRelay(dependencies: RunRelayDependencies): RunningRelay {
  const { db, leaderKey, logger, roundMs } = dependencies;
  let stopped = false;
  let isLeader = false;
  let lastRoundAtMs = Date.now();
  let isWoken = false;
  let interrupt: (() => void) | undefined;

  function pause(ms: number, untilWoken: boolean): Promise<void> {
    if (stopped || (untilWoken && isWoken)) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(finish, ms);
      function finish() {
        clearTimeout(timer);
        interrupt = undefined;
        resolve();
      }
      interrupt = () => {
        if (stopped || untilWoken) finish();
      };
    });
  }

  /** Of a backlog nobody waits for this change or that, and an identity that changes again soon is published once. */
  async function gather(): Promise<void> {
    const untilMs = lastRoundAtMs + roundMs.backlog;
    while (!stopped && dependencies.hasBacklog() && !dependencies.recent.isHalfFull() && Date.now() < untilMs) {
      await pause(roundMs.few, false);
    }
  }

  async function lead(session: Database): Promise<void> {
    const term = toTerm((await beginTerm(session, null))[0]!);
    logger.info({ term: term.term, isInDoubt: term.doubt !== undefined }, "relay leads");
    let doubtEndsAtMs = term.doubt === undefined ? Number.POSITIVE_INFINITY : undefined;
    isLeader = true;
    const partitions = startKeepingPartitions({ db, logger });
    const letters = startRelayingDeadLetters({ ...dependencies, publisher: dependencies.letterPublisher });
    try {
      while (!stopped) {
        isWoken = false;
        const published = await relayOutbox(session, term, dependencies);
        lastRoundAtMs = Date.now();
        doubtEndsAtMs ??= lastRoundAtMs + DOUBT_MS;
        if (lastRoundAtMs >= doubtEndsAtMs) {
          const records = await republishDoubtful(session, term, dependencies);
          if (records > 0) logger.info({ records }, "published again what an earlier relay may have published late");
          doubtEndsAtMs = Number.POSITIVE_INFINITY;
        }
        await pause(published < MANY_CHANGES ? roundMs.few : roundMs.many, false);
        await pause(IDLE_MS, true);
        await gather();
      }
      await handOver(session, term.term);
    } finally {
      letters.stop();
      await partitions.stop();
    }
  }

  async function candidate(): Promise<void> {
    while (!stopped) {
      try {
        await db.connection().execute(async (session) => {
          if (!(await tryLeaderLock(session, leaderKey))) return;
          try {
            await lead(session);
          } finally {
            isLeader = false;
            // A session that broke has lost the lock with it.
            await releaseLeaderLock(session, leaderKey).catch(() => undefined);
          }
        });
      } catch (error) {
        const message =
          error instanceof TermLost || isLostConnection(error) ? "relay lost its session" : "relay round failed";
        logger.warn({ err: error }, message);
      }
      await pause(RETRY_MS, false);
    }
  }

  const running = candidate();
  return {
    wake() {
      isWoken = true;
      interrupt?.();
    },
    state: () => ({ isLeader, lastRoundAtMs }),
    async stop() {
      stopped = true;
      interrupt?.();
      await running;
    },
  };
}

/** What `relay` says as a term begins → the leader's own state. */
export function toTerm({ term, cursor, in_doubt_since: since, in_doubt_until: until }: BegunTerm): Term {
  return { term, cursor, doubt: since === null ? undefined : { since, until } };
}
