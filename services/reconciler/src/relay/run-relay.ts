/** The life of a relay: wait for the leader's lock, lead a term, relay whenever woken, start over when anything fails. */
import { type Database, isLostConnection } from "@kith/database";
import type { Logger } from "@kith/service-kit";
import { type RelayDependencies, relayOutbox, TermLost } from "./relay-outbox.ts";
import { beginTerm, releaseLeaderLock, tryLeaderLock } from "./sql/relay-term.ts";

export type RunRelayDependencies = RelayDependencies & {
  readonly db: Database;
  readonly leaderKey: bigint;
  readonly logger: Logger;
  /** Pause between two rounds: changes of one identity within it become one record. */
  readonly roundMs: number;
};

export type RunningRelay = {
  /** A batch was committed somewhere. */
  wake(): void;
  state(): { readonly isLeader: boolean; readonly lastRoundAtMs: number };
  stop(): Promise<void>;
};

const IDLE_MS = 200;
const RETRY_MS = 500;

export function runRelay(dependencies: RunRelayDependencies): RunningRelay {
  const { db, leaderKey, logger } = dependencies;
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

  async function lead(session: Database): Promise<void> {
    const [row] = await beginTerm(session, null);
    const term = { term: row!.term, cursor: row!.cursor };
    logger.info({ term: term.term }, "relay leads");
    isLeader = true;
    while (!stopped) {
      isWoken = false;
      await relayOutbox(session, term, dependencies);
      lastRoundAtMs = Date.now();
      await pause(dependencies.roundMs, false);
      await pause(IDLE_MS, true);
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
