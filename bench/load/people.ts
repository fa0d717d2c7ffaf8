/**
 * The people behind the orders: which identifiers an order of each kind carries. Numbers only, so that a load generator
 * can catch up with a million orders that are in the database already in a fraction of a second.
 */
import { type MixName, mixes } from "./mixes.ts";
import { createRandom } from "./random.ts";

/** The identifiers of one order by number; -1 where it has none of the kind. */
export type Pair = { readonly emailId: number; readonly phoneId: number };

export type People = {
  /** The next order of this mix. What it says is known from then on. */
  next(mix: MixName): Pair;
  /** An order that was made before, at random. */
  anyKnown(): Pair;
  /** Pairs known so far. */
  known(): number;
  /** Number of the next new identifier: load generators of one database take theirs from ranges of their own. */
  startNewAt(id: number): void;
};

/** One order in ten carries a single identifier. */
const SINGLE_SHARE = 0.1;
/** Merges stay among people of few orders, as in life: otherwise a few would swallow all. */
const MERGED_PAIRS_MAX = 24;
const TRIES = 16;
const NONE = -1;

export function createPeople(seed: number): People {
  const random = createRandom(seed);
  let emails = new Int32Array(4_096);
  let phones = new Int32Array(4_096);
  /** Union-find over pairs: which belong to one person. */
  let parents = new Int32Array(4_096);
  let sizes = new Int32Array(4_096);
  let count = 0;
  let nextId = 0;

  function root(pair: number): number {
    let at = pair;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]!]!;
      at = parents[at]!;
    }
    return at;
  }

  function remember(emailId: number, phoneId: number, person: number): Pair {
    if (count === emails.length) {
      [emails, phones, parents, sizes] = [grown(emails), grown(phones), grown(parents), grown(sizes)];
    }
    emails[count] = emailId;
    phones[count] = phoneId;
    parents[count] = person === NONE ? count : person;
    sizes[count] = 1;
    if (person !== NONE) sizes[person] = sizes[person]! + 1;
    count += 1;
    return { emailId, phoneId };
  }

  function newPerson(): Pair {
    const id = nextId++;
    if (random.next() >= SINGLE_SHARE) return remember(id, id, NONE);
    return random.next() < 0.5 ? remember(id, NONE, NONE) : remember(NONE, id, NONE);
  }

  function newIdentifier(): Pair {
    const pair = random.below(count);
    const isNewPhone = phones[pair] === NONE || (emails[pair] !== NONE && random.next() < 0.5);
    const id = nextId++;
    return isNewPhone ? remember(emails[pair]!, id, root(pair)) : remember(id, phones[pair]!, root(pair));
  }

  function merge(): Pair {
    for (let tries = 0; tries < TRIES; tries++) {
      const a = random.below(count);
      const b = random.below(count);
      if (emails[a] === NONE || phones[b] === NONE) continue;
      const [rootA, rootB] = [root(a), root(b)];
      if (rootA === rootB || sizes[rootA]! + sizes[rootB]! > MERGED_PAIRS_MAX) continue;
      parents[rootB] = rootA;
      sizes[rootA] = sizes[rootA]! + sizes[rootB]!;
      return remember(emails[a]!, phones[b]!, rootA);
    }
    return newPerson();
  }

  function anyKnown(): Pair {
    const pair = random.below(count);
    return { emailId: emails[pair]!, phoneId: phones[pair]! };
  }

  return {
    next(mix) {
      const { returning, newIdentifiers, merges } = mixes[mix];
      const dice = random.next();
      if (count < 2) return newPerson();
      if (dice < returning) return anyKnown();
      if (dice < returning + newIdentifiers) return newIdentifier();
      return dice < returning + newIdentifiers + merges ? merge() : newPerson();
    },
    anyKnown,
    known: () => count,
    startNewAt(id) {
      nextId = id;
    },
  };
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
