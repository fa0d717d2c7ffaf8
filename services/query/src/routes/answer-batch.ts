/**
 * The answer to a batch, made and sent piece by piece: only so many items are looked up at once as fit a small budget,
 * and none while the client does not read what it was sent. A thousand identities can be 15 MB, and whoever asks for
 * them need not read them. What waits for a receipt begins at once, everything else when it may be looked up. As lines,
 * each item goes out as soon as it is settled: one that waits does not hold up the others. As one JSON document they
 * come in order, once none of them waits any more.
 */
import { JSON_CONTENT_TYPE } from "@kith/service-kit";
import type { FastifyReply } from "fastify";

export type Batch = {
  readonly count: number;
  readonly form: keyof typeof FORMS;
  /** Whether an item waits for something before it is looked up. */
  readonly waits: (index: number) => boolean;
  /** The JSON of an item that waits. `enter` resolves when it may be looked up; what asks the database awaits it first. */
  readonly settleItem: (index: number, enter: () => Promise<void>) => Promise<string>;
  /** The JSON of each of some items that wait for nothing. */
  readonly settleItems: (indexes: readonly number[]) => Promise<readonly string[]>;
};

/** So many are in flight whatever the budget says, or a batch would stand still. */
const IN_FLIGHT_MIN = 4;
const IN_FLIGHT_MAX = 1_000;
/** So many are looked up together: the database has the next ones while these are made into an answer. */
const GROUP_MAX = 250;
/** What the items in flight may come to: of one batch, and of all batches of the process. */
const BUDGET_UNITS = 256 * 1024;
const BUDGET_OF_ALL_UNITS = 4 * BUDGET_UNITS;
/** How large an item is taken to be before one has been seen. */
const UNKNOWN_ITEM_UNITS = 2 * 1024;
/** A client that reads nothing for so long is let go. */
const STALL_MS = 20_000;

const NOBODY = "nobody waits for the answer any more";

const FORMS = {
  lines: { type: "application/x-ndjson", head: "", between: "", after: "\n", tail: "" },
  document: { type: JSON_CONTENT_TYPE, head: '{"results":[', between: ",", after: "", tail: "]}" },
} as const;

/** What all batches have in flight. */
type Room = { units: number };
type Waiter = { readonly index: number; readonly enter: () => void; readonly giveUp: (error: Error) => void };

/**
 * The batches of a process share a budget, so that a crowd of them does not hold up a single lookup. What is answered
 * resolves when all is sent. It rejects for what is no item's own error, if nothing has been sent; else it breaks off.
 */
export function createAnswerBatch() {
  const room: Room = { units: 0 };
  return function answerBatch(reply: FastifyReply, batch: Batch): Promise<void> {
    return answer(reply, batch, room);
  };
}

function answer(
  reply: FastifyReply,
  { count, form, waits, settleItem, settleItems }: Batch,
  room: Room,
): Promise<void> {
  const { type, head, between, after, tail } = FORMS[form];
  const isOrdered = form === "document";
  const out = reply.raw;
  const done = Promise.withResolvers<void>();
  /** Those that have waited, and may be looked up as soon as there is room. */
  const waiters: Waiter[] = [];
  /** Settled out of order; never more than are in flight, and what waited in vain. */
  const held = new Map<number, string>();
  let waiting = 0;
  /** The next item that waits for nothing. */
  let nextPlain = -1;
  let inFlight = 0;
  let weight = 0;
  let sentItems = 0;
  let sentUnits = 0;
  let text = head;
  let settled = 0;
  let isFlushing = false;
  let isChoked = false;
  let isOver = false;
  let stall: NodeJS.Timeout | undefined;

  function admit(): void {
    // In a document an item that is looked up early would have to be kept until those before it have waited.
    if (isOver || isChoked || (isOrdered && waiting > 0)) return;
    let group: number[] = [];
    while (hasRoom()) {
      const [waiter] = waiters;
      if (waiter !== undefined && (!isOrdered || waiter.index < nextPlain)) {
        waiters.shift()!.enter();
      } else if (nextPlain < count) {
        group.push(nextPlain);
        stepPlain();
      } else {
        break;
      }
      inFlight += 1;
      weigh();
      if (group.length < GROUP_MAX) continue;
      settleGroup(group).catch(end);
      group = [];
    }
    if (group.length > 0) settleGroup(group).catch(end);
  }

  function hasRoom(): boolean {
    if (inFlight < IN_FLIGHT_MIN) return true;
    const next = itemUnits();
    return inFlight < IN_FLIGHT_MAX && weight + next <= BUDGET_UNITS && room.units + next <= BUDGET_OF_ALL_UNITS;
  }

  function itemUnits(): number {
    return sentItems === 0 ? UNKNOWN_ITEM_UNITS : sentUnits / sentItems;
  }

  /** Tells the others what is in flight here. */
  function weigh(): void {
    const units = isOver ? 0 : inFlight * itemUnits();
    room.units += units - weight;
    weight = units;
  }

  function stepPlain(): void {
    do nextPlain += 1;
    while (nextPlain < count && waits(nextPlain));
  }

  async function settleGroup(indexes: readonly number[]): Promise<void> {
    const items = await settleItems(indexes);
    for (let at = 0; at < indexes.length; at++) take(indexes[at]!, items[at]!, true);
  }

  async function settleWaiting(index: number): Promise<void> {
    let hasEntered = false;
    const item = await settleItem(index, () => {
      hasEntered = true;
      if (isOver) return Promise.reject(new Error(NOBODY));
      return new Promise((enter, giveUp) => {
        waiters.push({ index, enter, giveUp });
        arrive();
      });
    });
    if (!hasEntered) arrive();
    take(index, item, hasEntered);
  }

  function arrive(): void {
    waiting -= 1;
    if (isOrdered && waiting === 0) waiters.sort((a, b) => a.index - b.index);
    admit();
  }

  function take(index: number, item: string, wasInFlight: boolean): void {
    if (isOver) return;
    if (wasInFlight) settled += 1;
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
    inFlight -= settled;
    settled = 0;
    weigh();
    if (sentItems > 0) send();
    admit();
  }

  function send(): void {
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
    weigh();
    for (const { giveUp } of waiters) giveUp(new Error(NOBODY));
    if (error !== undefined && !out.headersSent) {
      done.reject(error);
      return;
    }
    if (!out.writableEnded) out.destroy();
    done.resolve();
  }

  out.once("close", () => end());
  const early = Array.from({ length: count }, (_, index) => index).filter(waits);
  waiting = early.length;
  stepPlain();
  for (const index of early) settleWaiting(index).catch(end);
  admit();
  return done.promise;
}
