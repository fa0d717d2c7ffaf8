/**
 * Asks the query service for many callers at once: lookups that come together, as those of one produce do, share a
 * request, and each is settled as its line of the answer arrives. The query service may be slow, away or restarting:
 * what is outstanding is asked again until its own deadline.
 */
import type { Logger } from "@kith/service-kit";
import { Pool } from "undici";
import { type AnswerLine, readAnswerLine } from "./answer-line.ts";
import { readLines } from "./read-lines.ts";

export type LookupItem = {
  readonly email: string | undefined;
  readonly phone: string | undefined;
  readonly receipt: string;
  readonly deadlineAtMs: number;
};

/** `unanswered`: not in time, or not at all; the order is in the log in any case. */
export type LookupOutcome =
  | { readonly kind: "found"; readonly contactJson: string; readonly isTruncated: boolean }
  | { readonly kind: "unanswered" };

/** Resolves at the latest shortly after the item's deadline; never rejects. */
export type LookUp = (item: LookupItem) => Promise<LookupOutcome>;

export type BatchLookupClient = {
  lookUp: LookUp;
  /** Settles whatever is outstanding after `ms`, and what comes later at once: the process is closing. */
  drain(ms: number): void;
  close(): Promise<void>;
};

export type BatchLookupOptions = {
  readonly queryUrl: string;
  /** Sent with each request, where the query service asks for one. */
  readonly apiKey?: string | undefined;
  readonly itemsMax: number;
  readonly connectionsMax: number;
  readonly logger: Logger;
};

const REQUEST_ITEMS_MAX = 1_000;
/** A request that waits holds its connection, so items wait in slices: one that is stuck must not hold up its neighbours. */
const SLICE_MS = 1_000;
/** The query service's own "not yet" may come a little after the deadline. */
const GRACE_MS = 250;
const SWEEP_MS = 50;
const RETRY_MS = 150;
const CONNECT_MS = 1_000;
const KEEP_ALIVE_MS = 30_000;
const ANSWER_MS = SLICE_MS + 2_000;
const HEADERS: Readonly<Record<string, string>> = {
  "content-type": "application/json",
  accept: "application/x-ndjson",
};
const UNANSWERED: LookupOutcome = { kind: "unanswered" };

type Waiting = LookupItem & { settle: ((outcome: LookupOutcome) => void) | undefined };

export function createBatchLookupClient(options: BatchLookupOptions): BatchLookupClient {
  const { itemsMax, connectionsMax, apiKey, logger } = options;
  const headers = apiKey === undefined ? HEADERS : { ...HEADERS, authorization: `Bearer ${apiKey}` };
  const url = new URL(options.queryUrl);
  const path = `${url.pathname.replace(/\/$/, "")}/v1/contacts/lookup/batch`;
  const pool = new Pool(url.origin, {
    connections: connectionsMax,
    pipelining: 1,
    connect: { timeout: CONNECT_MS },
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: ANSWER_MS,
    bodyTimeout: ANSWER_MS,
  });

  let waiting: Waiting[] = [];
  const outstanding = new Set<Waiting>();
  let requests = 0;
  let isScheduled = false;
  let sweep: NodeJS.Timeout | undefined;
  let drainAtMs = Number.POSITIVE_INFINITY;
  let isTroubled = false;

  function schedule(): void {
    if (isScheduled || waiting.length === 0 || requests >= connectionsMax) return;
    isScheduled = true;
    // After all items that one produce has released.
    setImmediate(() => {
      isScheduled = false;
      while (requests < connectionsMax && waiting.length > 0) {
        const batch = waiting.slice(0, REQUEST_ITEMS_MAX).filter((item) => item.settle !== undefined);
        waiting = waiting.slice(REQUEST_ITEMS_MAX);
        if (batch.length > 0) void ask(batch);
      }
    });
  }

  async function ask(batch: readonly Waiting[]): Promise<void> {
    requests += 1;
    const isAsked = new Set(batch);
    try {
      const answer = await pool.request({ method: "POST", path, headers, body: requestBody(batch) });
      if (answer.statusCode !== 200) {
        await answer.body.dump();
        report({ status: answer.statusCode }, "the query service refused a batch of lookups");
      } else {
        for await (const line of readLines(answer.body)) {
          const parsed = readAnswerLine(line);
          const item = batch[parsed.index];
          if (item === undefined || !isAsked.delete(item)) continue;
          settleOrRepeat(item, parsed);
        }
        if (isTroubled) logger.info("the query service answers again");
        isTroubled = false;
      }
    } catch (error) {
      report({ err: error }, "the query service did not answer a batch of lookups");
    }
    requests -= 1;
    if (isAsked.size > 0) setTimeout(() => repeat([...isAsked]), RETRY_MS).unref();
    schedule();
  }

  function settleOrRepeat(item: Waiting, { status, contactJson, isTruncated }: AnswerLine): void {
    if (status === 200 && contactJson !== undefined) {
      settle(item, { kind: "found", contactJson, isTruncated });
    } else if ((status === 202 || status === 503) && Date.now() < item.deadlineAtMs) {
      repeat([item]);
    } else {
      if (status !== 202) logger.warn({ status }, "the query service could not answer for an order");
      settle(item, UNANSWERED);
    }
  }

  function repeat(items: readonly Waiting[]): void {
    for (const item of items) if (item.settle !== undefined) waiting.push(item);
    schedule();
  }

  function settle(item: Waiting, outcome: LookupOutcome): void {
    outstanding.delete(item);
    item.settle?.(outcome);
    item.settle = undefined;
  }

  /** One timer for all deadlines: a timer per request costs more than a look at each of them twenty times a second. */
  function keepSweeping(): void {
    sweep ??= setInterval(() => {
      const now = Date.now();
      const isOver = now >= drainAtMs;
      for (const item of outstanding) if (isOver || now >= item.deadlineAtMs + GRACE_MS) settle(item, UNANSWERED);
      if (outstanding.size > 0) return;
      clearInterval(sweep);
      sweep = undefined;
    }, SWEEP_MS);
  }

  /** Once per trouble, not once per request. */
  function report(details: object, message: string): void {
    if (!isTroubled) logger.warn(details, message);
    isTroubled = true;
  }

  return {
    lookUp(item) {
      if (outstanding.size >= itemsMax || Date.now() >= drainAtMs) return Promise.resolve(UNANSWERED);
      return new Promise((resolve) => {
        const one: Waiting = { ...item, settle: resolve };
        outstanding.add(one);
        waiting.push(one);
        keepSweeping();
        schedule();
      });
    },

    drain(ms) {
      drainAtMs = Date.now() + ms;
    },

    async close() {
      drainAtMs = 0;
      for (const item of outstanding) settle(item, UNANSWERED);
      clearInterval(sweep);
      await pool.destroy();
    },
  };
}

function requestBody(batch: readonly Waiting[]): string {
  const now = Date.now();
  return JSON.stringify(
    batch.map(({ email, phone, receipt, deadlineAtMs }) => ({
      email,
      phoneNumber: phone,
      receipt,
      waitMs: Math.max(0, Math.min(SLICE_MS, deadlineAtMs - now)),
    })),
  );
}
