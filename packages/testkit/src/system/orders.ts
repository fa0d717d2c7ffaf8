/** Orders for whole-system tests: what a client sends, with an event id of its own. */

/** One order as it is sent. */
export type GivenOrder = {
  readonly via: "orders" | "identify";
  readonly eventId: string;
  readonly email: string | null;
  readonly phoneNumber: string | null;
  /** How long an identify waits for its contact; default 10 s. */
  readonly waitSeconds?: number;
};

const HOUSEHOLD = 4;

/**
 * Orders of households: people of one household share their emails and phones, so that small identities merge all the
 * time, and `strangers` of the pairs tie two households together, so that large ones do. A few orders are sent twice.
 */
export function randomOrders(options: {
  readonly count: number;
  readonly households: number;
  /** Share of pairs whose phone is anybody's. */
  readonly strangers: number;
  readonly random: () => number;
  /** Put before each event id, for tests that send several series; default "evt". */
  readonly series?: string;
}): GivenOrder[] {
  const { count, households, strangers, random, series = "evt" } = options;
  const pick = (n: number) => Math.floor(random() * n);
  const orders: GivenOrder[] = [];
  while (orders.length < count) {
    if (orders.length > 0 && random() < 0.03) {
      orders.push(orders[pick(orders.length)] as GivenOrder);
      continue;
    }
    const household = pick(households);
    const phoneOf = random() < strangers ? pick(households) : household;
    const shape = random();
    orders.push({
      via: random() < 0.1 ? "identify" : "orders",
      eventId: `${series}-${orders.length}`,
      email: shape < 0.85 ? `e${household * HOUSEHOLD + pick(HOUSEHOLD)}@x.io` : null,
      phoneNumber: shape > 0.15 ? String(100_000 + phoneOf * HOUSEHOLD + pick(HOUSEHOLD)) : null,
      waitSeconds: 1,
    });
  }
  return orders;
}
