/**
 * Asks a server until it answers. In a deployment that starts as a whole the commands run first, so "not there yet" is
 * the normal case; what waiting cannot mend (a wrong password, an unknown database) ends at once.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { describeFailure } from "./describe-failure.ts";
import { CliError, EXIT } from "./exit-codes.ts";

/** What to wait for, and how long. */
export type AwaitServerOptions = {
  /** As it appears in messages: "Postgres at db:5432". */
  readonly name: string;
  /** One question whose answer shows that the server works. */
  readonly ask: () => Promise<unknown>;
  /** True if the same question may succeed later. */
  readonly mayComeUp: (error: unknown) => boolean;
  readonly deadlineMs: number;
  readonly pauseMs: number;
  /** Told once, when the first question failed, with the reason: it may be one that waiting does not mend. */
  readonly onWait: (message: string) => void;
};

/** Resolves when the server has answered; throws when waiting makes no sense or the deadline has passed. */
export async function awaitServer(options: AwaitServerOptions): Promise<void> {
  const { name, ask, mayComeUp, deadlineMs, pauseMs, onWait } = options;
  const endsAt = performance.now() + deadlineMs;
  let reason: unknown;
  while (performance.now() < endsAt) {
    try {
      return await answerWithin(ask, endsAt - performance.now());
    } catch (error) {
      if (!(error instanceof NoAnswer)) {
        if (!mayComeUp(error)) throw error;
        if (reason === undefined) onWait(`waiting for ${name}: ${describeFailure(error)}`);
        reason = error;
      }
    }
    await sleep(pauseMs);
  }
  throw new CliError(EXIT.unavailable, `${name} did not answer within ${deadlineMs / 1_000} s`, { cause: reason });
}

class NoAnswer extends Error {}

/** A server that accepts a connection and then says nothing must not hold the command past its deadline. */
async function answerWithin(ask: () => Promise<unknown>, ms: number): Promise<void> {
  const giveUp = new AbortController();
  const timer = sleep(ms, undefined, { signal: giveUp.signal }).then(() => {
    throw new NoAnswer("no answer");
  });
  try {
    await Promise.race([ask(), timer]);
  } finally {
    timer.catch(() => undefined);
    giveUp.abort();
  }
}
