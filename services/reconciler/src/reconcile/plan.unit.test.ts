import { buildObservation } from "@kith/testkit/observations";
import { oracle, oracleDigest } from "@kith/testkit/oracle";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emailKey, phoneKey } from "./graph.ts";
import { groupObservations } from "./group-observations.ts";
import { plan } from "./plan.ts";
import { createMemoryGraph } from "./testing/memory-graph.ts";

const identity = (id: number, size: number, firstAt: number, version = 1) => ({
  id,
  size,
  version,
  firstAt,
  firstObs: buildObservation({ email: "first@x.io", seenAt: firstAt }).obsId,
});
const known = (identityId: number, firstAt: number) => ({
  identityId,
  firstAt,
  firstObs: buildObservation({ email: "first@x.io", seenAt: firstAt }).obsId,
});
const neverFresh = () => {
  throw new Error("no fresh id was expected");
};

describe("given two identities, when an order links them", () => {
  const order = buildObservation({ email: "a@x.io", phone: "123456", seenAt: 9 });
  const state = {
    identifiers: new Map([
      [emailKey("a@x.io"), known(1, 3)],
      [phoneKey("123456"), known(2, 5)],
    ]),
    identities: new Map([
      [1, identity(1, 1, 3, 4)],
      [2, identity(2, 7, 5, 2)],
    ]),
  };
  const groups = groupObservations([order], state, neverFresh);
  const changes = plan({ groups, state, placed: new Map(), generation: 0 });

  test("the larger one survives, with the age of the oldest and a version above both", () => {
    expect(changes.survivors).toEqual([{ ...identity(2, 8, 3), version: 5 }]);
  });
  test("the other is absorbed by that order, and all its identifiers move", () => {
    expect(changes.absorbed).toEqual([{ id: 1, into: 2, by: order.obsId, version: 5 }]);
    expect(changes.moves).toEqual([{ from: 1, to: 2 }]);
    expect(changes.movedRows).toBe(1);
  });
  test("the order is evidence, and introduces nothing", () => {
    expect(changes.links).toEqual([order]);
    expect(changes.contacts).toEqual([]);
  });
});

describe("given one identity", () => {
  const state = {
    identifiers: new Map([
      [emailKey("a@x.io"), known(1, 3)],
      [phoneKey("123456"), known(1, 5)],
    ]),
    identities: new Map([[1, identity(1, 2, 3)]]),
  };

  test("a new link inside it is evidence and no new version", () => {
    const order = buildObservation({ email: "a@x.io", phone: "123456", seenAt: 9 });
    const changes = plan({
      groups: groupObservations([order], state, neverFresh),
      state,
      placed: new Map(),
      generation: 0,
    });
    expect(changes).toMatchObject({ survivors: [], created: [], contacts: [], links: [order] });
  });

  test("an older order takes over as introducer and may supersede a contact", () => {
    const order = buildObservation({ email: "a@x.io", seenAt: 1 });
    const changes = plan({
      groups: groupObservations([order], state, neverFresh),
      state,
      placed: new Map(),
      generation: 0,
    });
    expect(changes.lowered).toEqual([{ key: "1:a@x.io", firstAt: 1, firstObs: order.obsId }]);
    expect(changes.superseded).toEqual([known(1, 3).firstObs]);
    expect(changes.contacts).toEqual([order]);
    expect(changes.survivors).toMatchObject([{ id: 1, firstAt: 1, version: 2, size: 2 }]);
  });

  test("a raised generation lifts the version above everything written before", () => {
    const order = buildObservation({ email: "b@x.io", phone: "123456", seenAt: 9 });
    const placed = new Map([[emailKey("b@x.io"), 1]]);
    const changes = plan({ groups: groupObservations([order], state, neverFresh), state, placed, generation: 3 });
    expect(changes.survivors).toMatchObject([{ version: 3 * 2 ** 40 + 1, size: 3 }]);
  });
});

describe("properties", () => {
  const RUNS = Number(process.env.PLAN_RUNS ?? 1_000);
  const observation = fc
    .record({
      email: fc.option(fc.integer({ min: 0, max: 7 }), { freq: 6 }),
      phone: fc.option(fc.integer({ min: 0, max: 6 }), { freq: 6 }),
      seenAt: fc.integer({ min: 1, max: 60 }),
      event: fc.integer({ min: 0, max: 5 }),
    })
    .filter(({ email, phone }) => email !== null || phone !== null)
    .map(({ email, phone, seenAt, event }) =>
      buildObservation({
        email: email === null ? null : `e${email}@x.io`,
        phone: phone === null ? null : `10000${phone}`,
        seenAt,
        eventId: `evt-${event}`,
      }),
    );

  test(`any order, batching and duplication of the same observations equals the oracle (${RUNS} runs)`, {
    timeout: 600_000,
  }, () => {
    const scenario = fc.array(observation, { minLength: 1, maxLength: 40 }).chain((observations) =>
      fc.record({
        observations: fc.constant(observations),
        arrival: fc.shuffledSubarray([...observations, ...observations], { minLength: observations.length }),
        cuts: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 40 }),
      }),
    );
    fc.assert(
      fc.property(scenario, ({ observations, arrival, cuts }) => {
        // Whatever of the multiset did not arrive in the shuffle arrives at the end.
        const late = observations.filter((one) => !arrival.includes(one));
        const sequence = [...arrival, ...late];
        const graph = createMemoryGraph();
        for (let at = 0, turn = 0; at < sequence.length; turn++) {
          const size = cuts[turn % cuts.length]!;
          graph.apply(sequence.slice(at, at + size));
          at += size;
        }
        const expected = oracle(observations);
        expect(graph.digest()).toBe(oracleDigest(expected));
        expect(graph.liveContacts()).toEqual(expected.flatMap((one) => one.contacts.map((c) => c.obsId)).sort());

        const written = graph.versionsWritten();
        graph.apply(sequence);
        expect(graph.versionsWritten()).toBe(written);
      }),
      { numRuns: RUNS, ...(process.env.PLAN_SEED ? { seed: Number(process.env.PLAN_SEED) } : {}) },
    );
  });
});
