/** Builders of observations for tests. */
import { type Observation, observationId } from "@kith/contracts";

/** An observation with defaults: a fresh event id from `seenAt`, no order id. */
export function buildObservation(given: {
  email?: string | null;
  phone?: string | null;
  seenAt: number;
  eventId?: string;
}): Observation {
  const { email = null, phone = null, seenAt } = given;
  const eventId = given.eventId ?? `evt-${seenAt}`;
  return {
    obsId: observationId(eventId, email ?? undefined, phone ?? undefined),
    eventId,
    orderId: null,
    email,
    phone,
    seenAt,
  };
}

/** A seeded stream of numbers in [0, 1): Marsaglia's xorshift32 (2003). The same seed gives the same stream for ever. */
export function seededRandom(seed: number): () => number {
  // A seed of 0 would stay 0; the multiplication spreads small seeds over the word.
  let word = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return () => {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    return (word >>> 0) / 2 ** 32;
  };
}

/** `count` observations over a universe of `emails` and `phones`: small universes merge a lot. Ages need not ascend. */
export function randomObservations(options: {
  count: number;
  emails: number;
  phones: number;
  random: () => number;
  isShuffledAge?: boolean;
}): Observation[] {
  const { count, emails, phones, random } = options;
  const pick = (n: number) => Math.floor(random() * n);
  return Array.from({ length: count }, (_, index) => {
    const shape = random();
    const email = shape < 0.85 ? `e${pick(emails)}@x.io` : null;
    const phone = shape > 0.15 ? String(100_000 + pick(phones)) : null;
    const seenAt = options.isShuffledAge === true ? 1 + pick(count * 10) : 1 + index;
    return buildObservation({ email, phone, seenAt, eventId: `evt-${index}` });
  });
}
