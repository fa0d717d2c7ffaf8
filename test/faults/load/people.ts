/**
 * Who orders: people of a growing town. Those of one household share their emails and phones, so that small identities
 * merge all the time; a few orders tie two households of a street together, so that larger ones do. A street is as far
 * as it goes, or in the end the whole town would be one person.
 */

export type Pair = { readonly email: string | null; readonly phone: string | null };

const HOUSEHOLD = 4;
const STREET = 48;
const FIRST_PHONE = 70_000_000;

export function createPeople(random: () => number): { next(): Pair } {
  let households = STREET;
  const pick = (n: number) => Math.floor(random() * n);

  return {
    next() {
      if (random() < 0.04) households += 1;
      // Most orders come from those who came lately.
      const household = random() < 0.5 ? pick(households) : Math.max(0, households - 1 - pick(4 * STREET));
      const street = Math.floor(household / STREET) * STREET;
      const phoneOf = random() < 0.02 ? street + pick(STREET) : household;
      const shape = random();
      return {
        email: shape < 0.85 ? `e${household * HOUSEHOLD + pick(HOUSEHOLD)}@x.io` : null,
        phone: shape > 0.15 ? String(FIRST_PHONE + phoneOf * HOUSEHOLD + pick(HOUSEHOLD)) : null,
      };
    },
  };
}
