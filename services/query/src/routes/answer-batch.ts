/**
 * The answer to a batch, made and sent piece by piece: only so many items are looked up at once as fit a small budget,
 * and none while the client does not read what it was sent. A thousand identities can be 15 MB, and whoever asks for
 * them need not read them. As lines, each item goes out as soon as it is settled: one that waits does not hold up the
 * others. As one JSON document they come in order, once none of them waits any more.
 */
import type { FastifyReply } from "fastify";

/** Answers for one item. `enter` resolves when it may be looked up; what asks the database awaits it first. */
export type SettleItem = (index: number, enter: () => Promise<void>) => Promise<object>;

/** Items looked up and not sent, until it is known how large they are. */
const IN_FLIGHT_AT_FIRST = 64;
const IN_FLIGHT_MIN = 8;
const IN_FLIGHT_MAX = 1_000;
/** What the items in flight may come to. */
const BUDGET_UNITS = 256 * 1024;
/** A client that reads nothing for so long is let go. */
const STALL_MS = 20_000;

const NOBODY = "nobody waits for the answer any more";

const FORMS = {
  lines: { type: "application/x-ndjson", head: "", between: "", after: "\n", tail: "" },
  document: { type: "application/json; charset=utf-8", head: '{"results":[', between: ",", after: "", tail: "]}" },
} as const;

type Waiter = { readonly index: number; readonly enter: () => void; readonly giveUp: (error: Error) => void };

/** Resolves when all is sent. Rejects for what is no item's own error, if nothing has been sent; else it breaks off. */
export function answerBatch(
  reply: FastifyReply,
  count: number,
  form: keyof typeof FORMS,
  settleItem: SettleItem,
): Promise<void> {
  const { type, head, between, after, tail } = FORMS[form];
  const isOrdered = form === "document";
  const out = reply.raw;
  const done = Promise.withResolvers<void>();
  const waiters: Waiter[] = [];
  /** Settled out of order; never more than are in flight, and what needed no look-up. */
  const held = new Map<number, string>();
  let arrived = 0;
  let inFlight = 0;
  let inFlightMax = IN_FLIGHT_AT_FIRST;
  let sentItems = 0;
  let sentUnits = 0;
  let text = head;
  let entered = 0;
  let isFlushing = false;
  let isChoked = false;
  let isOver = false;
  let stall: NodeJS.Timeout | undefined;

  function admit(): void {
    // In a document an item that is looked up early would have to be kept until those before it have waited.
    if (isChoked || (isOrdered && arrived < count)) return;
    while (waiters.length > 0 && inFlight < inFlightMax) {
      inFlight += 1;
      waiters.shift()!.enter();
    }
  }

  function arrive(): void {
    arrived += 1;
    if (isOrdered && arrived === count) waiters.sort((a, b) => a.index - b.index);
  }

  async function settle(index: number): Promise<void> {
    let hasEntered = false;
    const value = await settleItem(index, () => {
      hasEntered = true;
      if (isOver) return Promise.reject(new Error(NOBODY));
      return new Promise((enter, giveUp) => {
        waiters.push({ index, enter, giveUp });
        arrive();
        admit();
      });
    });
    if (!hasEntered) arrive();
    take(index, JSON.stringify(value), hasEntered);
  }

  function take(index: number, item: string, hasEntered: boolean): void {
    if (isOver) return;
    if (hasEntered) entered += 1;
    held.set(index, item);
    for (;;) {
      const next = isOrdered ? sentItems : index;
      const ready = held.get(next);
      if (ready === undefined) break;
      held.delete(next);
      text += (sentItems === 0 ? "" : between) + ready + after;
      sentUnits += ready.length;
      sentItems += 1;
    }
    if (isFlushing) return;
    isFlushing = true;
    // Items that are settled together, by one statement, go out together.
    setImmediate(flush);
  }

  function flush(): void {
    isFlushing = false;
    if (isOver) return;
    inFlight -= entered;
    entered = 0;
    if (sentItems > 0) send();
    admit();
  }

  function send(): void {
    const fitting = Math.floor((BUDGET_UNITS * sentItems) / sentUnits);
    inFlightMax = Math.max(IN_FLIGHT_MIN, Math.min(IN_FLIGHT_MAX, fitting));
    begin();
    if (sentItems === count) out.end(text + tail);
    else if (text !== "" && !out.write(text) && !isChoked) choke();
    text = "";
  }

  function begin(): void {
    if (out.headersSent) return;
    reply.hijack();
    out.writeHead(200, { "content-type": type });
  }

  function choke(): void {
    isChoked = true;
    stall = setTimeout(() => out.destroy(), STALL_MS);
    out.once("drain", () => {
      clearTimeout(stall);
      isChoked = false;
      admit();
    });
  }

  function end(error?: unknown): void {
    if (isOver) return;
    isOver = true;
    clearTimeout(stall);
    for (const { giveUp } of waiters) giveUp(new Error(NOBODY));
    if (error !== undefined && !out.headersSent) {
      done.reject(error);
      return;
    }
    if (!out.writableEnded) out.destroy();
    done.resolve();
  }

  out.once("close", () => end());
  for (let index = 0; index < count; index++) settle(index).catch(end);
  return done.promise;
}
