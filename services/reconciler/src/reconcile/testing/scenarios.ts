/** The conflicts between two batches that an order of statements could get wrong. Each is a sentence and its orders. */
import type { Observation } from "@kith/contracts";
import { buildObservation } from "@kith/testkit/observations";

export type Scenario = {
  readonly name: string;
  /** Settled before, alone. */
  readonly before: readonly Observation[];
  /** What each of the two workers has in its batch. */
  readonly batches: readonly [readonly Observation[], readonly Observation[]];
  /** Both batches are of one partition: the second owner must find itself behind. */
  readonly isSamePartition?: boolean;
  readonly restartsMax?: number;
  readonly writerMode?: "concurrent" | "serial";
};

let clock = 1_000;
const order = (email: string | null, phone: string | null, seenAt = ++clock): Observation =>
  buildObservation({
    email: email === null ? null : `${email}@x.io`,
    phone: phone === null ? null : `55500${phone}`,
    seenAt,
  });

const same = order("dup", "90");
const twice = [order("a", "1"), order("b", "1")];

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "both bring the same new identifier",
    before: [],
    batches: [[order("a", "1")], [order("b", "1")]],
  },
  {
    name: "a chain merge: A-B in one batch, B-C in the other",
    before: [order("a", "1"), order("b", "2"), order("c", "3")],
    batches: [[order("a", "2")], [order("b", "3")]],
  },
  {
    name: "a hub: both bring new identifiers to one identity",
    before: [order("a", "1")],
    batches: [
      [order("b", "1"), order("c", "1")],
      [order("d", "1"), order(null, "1", 5)],
    ],
  },
  {
    name: "a cross merge: the same two identities joined from both sides",
    before: [order("a", "1"), order("b", "2")],
    batches: [[order("a", "2")], [order("b", "1")]],
  },
  {
    name: "a stale guess: a new identifier goes to an identity that is merged away meanwhile",
    before: [order("a", "1"), order("b", "2"), order("c", "2")],
    batches: [[order("b", "1")], [order("a", "9")]],
  },
  {
    name: "an older order takes over what the other batch attaches to",
    before: [order("a", "1")],
    batches: [
      [order("a", "1", 3), order("a", null, 2)],
      [order("a", "7"), order(null, "1", 4)],
    ],
  },
  {
    name: "the same order on two partitions",
    before: [],
    batches: [[same], [same]],
  },
  {
    name: "one partition, two owners",
    before: [],
    batches: [twice, twice],
    isSamePartition: true,
  },
  {
    name: "every restart escalates to the exclusive lock",
    before: [order("a", "1"), order("b", "2"), order("c", "3")],
    batches: [
      [order("a", "2"), order("d", "3")],
      [order("c", "1"), order("e", "2")],
    ],
    restartsMax: 0,
  },
  {
    name: "serial writers",
    before: [order("a", "1"), order("b", "2")],
    batches: [[order("a", "2")], [order("b", "1")]],
    writerMode: "serial",
  },
];
