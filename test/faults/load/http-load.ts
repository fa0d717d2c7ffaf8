/** Orders over HTTP at both ingresses: single ones, batches, and synchronous identifies whose answers are looked at. */

import { setTimeout as delay } from "node:timers/promises";
import { isUnanswered } from "@kith/devstack";
import { type Answer, ask } from "@kith/testkit/system";
import type { Ledger } from "./ledger.ts";
import type { Pair } from "./people.ts";

export type HttpLoadOptions = {
  readonly ingressUrls: readonly string[];
  readonly ledger: Ledger;
  readonly people: { next(): Pair };
  readonly random: () => number;
  readonly lanes: number;
  /** Orders of all lanes together. */
  readonly perSecond: number;
  /** An answer that must never be given. */
  readonly onFault: (what: string) => void;
};

export type HttpLoad = {
  setRate(perSecond: number): void;
  pause(): Promise<void>;
  resume(): void;
  statuses(): Readonly<Record<string, number>>;
  stop(): Promise<void>;
};

type Order = { readonly n: number; readonly pair: Pair };
type Accepted = { eventId?: string; receipt?: string; code?: string };
type Contact = { contact?: { emails: string[]; phoneNumbers: string[]; secondaryContactIds: number[] } };
type BatchAnswer = { results?: { index: number; receipt?: string; problem?: { status: number } }[] };

const BATCH_MAX = 40;
/** Of one request: half of them are single orders, four of ten are batches, one of ten an identify. */
const ORDERS_MEAN = 0.6 + (0.4 * (BATCH_MAX + 1)) / 2;
const REPEATS_MAX = 2_000;
const ANSWER_LIMIT_MS = 45_000;
const PAUSE_AFTER_FAILURE_MS = 100;
const INLINE_SAFE = 250;

export function startHttpLoad(options: HttpLoadOptions): HttpLoad {
  const { ingressUrls, ledger, people, random, lanes: laneCount, onFault } = options;
  /** From one request of a lane to its next. */
  const intervalOf = (perSecond: number) => (laneCount * ORDERS_MEAN * 1_000) / Math.max(1, perSecond);
  let intervalMs = intervalOf(options.perSecond);
  /** Orders of unknown outcome, for a client that tries again. */
  const repeats: Order[] = [];
  const statuses: Record<string, number> = {};
  let next = 0;
  let isStopped = false;
  let isPaused = false;
  let resumed = Promise.withResolvers<void>();
  let underWay = 0;

  function newOrder(): Order {
    const order = { n: next, pair: people.next() };
    next += 1;
    return order;
  }

  function body({ n, pair }: Order) {
    return { eventId: `h-${n}`, email: pair.email, phoneNumber: pair.phone };
  }

  function settle(order: Order, status: number | undefined, receipt: string | null | undefined): void {
    if ((status === 200 || status === 202) && receipt) ledger.acknowledged(order.n);
    else if (status === undefined || status === 503) {
      // Whoever has no answer tries again, now or never, with the same event id.
      if (repeats.length < REPEATS_MAX && random() < 0.7) repeats.push(order);
    } else {
      if (status >= 400 && status < 500) ledger.refused(order.n);
      onFault(`an order was answered with ${status}`);
    }
  }

  async function send<Body>(url: string, request: Parameters<typeof ask>[1]): Promise<Answer<Body> | undefined> {
    try {
      const answer = await ask<Body>(url, { limitMs: ANSWER_LIMIT_MS, ...request });
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      return answer;
    } catch (error) {
      // No answer: nobody listens, the connection broke, it took too long, or the answer was cut within its body.
      if (!isUnanswered(error) && !(error instanceof SyntaxError)) throw error;
      statuses.none = (statuses.none ?? 0) + 1;
      return undefined;
    }
  }

  async function sendOne(url: string): Promise<boolean> {
    const order = repeats.shift() ?? newOrder();
    ledger.sent(order.n);
    const answer = await send<Accepted>(`${url}/v1/orders`, { body: body(order) });
    settle(order, answer?.status, answer?.headers.get("kith-receipt"));
    return answer?.status === 202;
  }

  async function sendBatch(url: string): Promise<boolean> {
    const orders = Array.from({ length: 1 + Math.floor(random() * BATCH_MAX) }, () => repeats.shift() ?? newOrder());
    for (const order of orders) ledger.sent(order.n);
    const answer = await send<BatchAnswer>(`${url}/v1/orders/batch`, { body: orders.map(body) });
    for (const [index, order] of orders.entries()) {
      const result = answer?.status === 200 ? answer.body.results?.[index] : undefined;
      const status = result === undefined ? answer?.status : (result.problem?.status ?? 200);
      settle(order, status, result?.receipt);
    }
    return answer?.status === 200;
  }

  async function identify(url: string): Promise<boolean> {
    const order = newOrder();
    const { email, phone } = order.pair;
    ledger.sent(order.n);
    const answer = await send<Accepted & Contact>(`${url}/api/identify`, {
      body: { email, phoneNumber: phone },
      headers: { "idempotency-key": `h-${order.n}`, prefer: "wait=2" },
    });
    settle(order, answer?.status, answer?.headers.get("kith-receipt"));
    const contact = answer?.status === 200 ? answer.body.contact : undefined;
    if (contact !== undefined) expectOwn(order, contact);
    return answer !== undefined && answer.status < 300;
  }

  /** Whoever is answered with a contact finds what was ordered in it. */
  function expectOwn({ n, pair }: Order, contact: NonNullable<Contact["contact"]>): void {
    if (contact.emails.length + contact.phoneNumbers.length > INLINE_SAFE) return;
    const isThere =
      (pair.email === null || contact.emails.includes(pair.email)) &&
      (pair.phone === null || contact.phoneNumbers.includes(pair.phone));
    if (!isThere) onFault(`h-${n} was answered with a contact that has not what was ordered`);
  }

  async function lane(): Promise<void> {
    while (!isStopped) {
      if (isPaused) {
        await resumed.promise;
        continue;
      }
      const url = ingressUrls[Math.floor(random() * ingressUrls.length)]!;
      const shape = random();
      const startedAtMs = performance.now();
      underWay += 1;
      const went = await (shape < 0.5 ? sendOne(url) : shape < 0.9 ? sendBatch(url) : identify(url));
      underWay -= 1;
      const restMs = startedAtMs + intervalMs - performance.now();
      await delay(Math.max(restMs, went ? 0 : PAUSE_AFTER_FAILURE_MS));
    }
  }

  const lanes = Array.from({ length: laneCount }, lane);

  return {
    setRate(perSecond) {
      intervalMs = intervalOf(perSecond);
    },
    async pause() {
      isPaused = true;
      while (underWay > 0) await delay(20);
    },
    resume() {
      isPaused = false;
      resumed.resolve();
      resumed = Promise.withResolvers<void>();
    },
    statuses: () => statuses,
    async stop() {
      isStopped = true;
      isPaused = false;
      resumed.resolve();
      await Promise.all(lanes);
    },
  };
}
