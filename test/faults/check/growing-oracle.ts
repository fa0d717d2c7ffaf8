/**
 * The oracle, kept up to date record by record, so that a round costs what the round brought. Written apart from
 * testkit's, which sorts everything anew each time, and tested to be equal to it.
 */
import { hash } from "node:crypto";
import { observationId } from "@kith/contracts";

/** What a record says, as far as it matters. */
export type Seen = {
  readonly eventId: string;
  readonly email: string | undefined;
  readonly phone: string | undefined;
  readonly seenAt: number;
};

/** One identifier with the age that introduced it. */
export type OracleIdentifier = {
  readonly kind: 1 | 2;
  readonly value: string;
  readonly at: number;
  readonly obs: string;
};

export type GrowingOracle = {
  add(seen: Seen): void;
  /** Equal to databaseDigest of a database that has seen the same. */
  digest(): string;
  /** Live contacts by observation, and links with their ages: as {@link DIGEST_SQL} computes them. */
  contactsDigest(): string;
  linksDigest(): string;
  /** The identities, identifiers of each in the order of their age. */
  identities(): OracleIdentifier[][];
  counts(): { identifiers: number; links: number };
};

/** The same digests of a database. */
export const DIGEST_SQL = {
  contacts: `select md5(coalesce(string_agg(obs_id::text, E'\\n' order by obs_id::text collate "C"), '')) as digest
    from contact where deleted_at is null`,
  links: `select md5(coalesce(string_agg(email || ' ' || phone || '@' || first_at || '/' || first_obs, E'\\n'
    order by email collate "C", phone collate "C"), '')) as digest from link`,
};

type Age = { at: number; obs: string };

export function createGrowingOracle(): GrowingOracle {
  const idOf = new Map<string, number>();
  const values: string[] = [];
  const kinds: (1 | 2)[] = [];
  const firsts: Age[] = [];
  const parents: number[] = [];
  const links = new Map<string, Age>();

  function rootOf(id: number): number {
    let root = id;
    while (parents[root] !== root) root = parents[root]!;
    for (let at = id; parents[at] !== root; ) {
      const next = parents[at]!;
      parents[at] = root;
      at = next;
    }
    return root;
  }

  function identify(kind: 1 | 2, value: string, age: () => Age): number {
    const key = `${kind}:${value}`;
    const known = idOf.get(key);
    if (known !== undefined) {
      lower(firsts[known]!, age());
      return known;
    }
    const id = values.length;
    idOf.set(key, id);
    values.push(value);
    kinds.push(kind);
    firsts.push({ ...age() });
    parents.push(id);
    return id;
  }

  return {
    add({ eventId, email, phone, seenAt }) {
      let made: Age | undefined;
      const age = () => {
        made ??= { at: seenAt, obs: observationId(eventId, email, phone) };
        return made;
      };
      const a = email === undefined ? undefined : identify(1, email, age);
      const b = phone === undefined ? undefined : identify(2, phone, age);
      if (a === undefined || b === undefined) return;
      parents[rootOf(a)] = rootOf(b);
      const pair = `${email} ${phone}`;
      const link = links.get(pair);
      if (link === undefined) links.set(pair, { ...age() });
      else lower(link, age());
    },

    digest() {
      const lines = new Map<number, string[]>();
      // Sorted once over all, so that each identity's are in order.
      const order = [...values.keys()].sort((x, y) => kinds[x]! - kinds[y]! || (values[x]! < values[y]! ? -1 : 1));
      for (const id of order) {
        const root = rootOf(id);
        const text = `${kinds[id]}:${values[id]}@${firsts[id]!.at}/${firsts[id]!.obs}`;
        const held = lines.get(root);
        if (held === undefined) lines.set(root, [text]);
        else held.push(text);
      }
      return md5([...lines.values()].map((line) => line.join(",")));
    },

    contactsDigest: () => md5([...new Set(firsts.map(({ obs }) => obs))]),

    linksDigest() {
      // An email never holds a blank, which sorts before all that it may hold: pairs sort as texts.
      const pairs = [...links.keys()].sort();
      return hash("md5", pairs.map((pair) => `${pair}@${links.get(pair)!.at}/${links.get(pair)!.obs}`).join("\n"));
    },

    identities() {
      const byRoot = new Map<number, OracleIdentifier[]>();
      for (const id of values.keys()) {
        const root = rootOf(id);
        const { at, obs } = firsts[id]!;
        const identifier = { kind: kinds[id]!, value: values[id]!, at, obs };
        const held = byRoot.get(root);
        if (held === undefined) byRoot.set(root, [identifier]);
        else held.push(identifier);
      }
      for (const members of byRoot.values())
        members.sort((x, y) => x.at - y.at || (x.obs < y.obs ? -1 : x.obs > y.obs ? 1 : x.kind - y.kind));
      return [...byRoot.values()];
    },

    counts: () => ({ identifiers: values.length, links: links.size }),
  };
}

function lower(held: Age, age: Age): void {
  if (age.at > held.at || (age.at === held.at && age.obs >= held.obs)) return;
  held.at = age.at;
  held.obs = age.obs;
}

function md5(lines: string[]): string {
  // UTF-16 order is byte order here: canonical identifiers are ASCII.
  return hash("md5", lines.sort().join("\n"));
}
