/** A relay on a schema and topics of its own for the tests of one file, and batches that give it something to publish. */
import type { IdentityResolvedRecord } from "@kith/contracts";
import type { Database, IdentityRow } from "@kith/database";
import { closeKafka, connectKafka, createPublisher, type Publisher } from "@kith/kafka";
import { type buildObservation, type TestDatabase, testDatabase, testTopics } from "@kith/testkit";
import { readTopic } from "@kith/testkit/system";
import { CompiledQuery } from "kysely";
import { afterAll, beforeEach, expect } from "vitest";
import { createReconcileBatch, type PlacedObservation } from "../../reconcile/reconcile-batch.ts";
import { dependenciesOf } from "../../reconcile/testing/dependencies.ts";
import { createRecentIdentities, type RecentIdentities } from "../recent-identities.ts";
import { type RelayDependencies, relayOutbox, republishDoubtful, type Term } from "../relay-outbox.ts";
import { toTerm } from "../run-relay.ts";
import { beginTerm } from "../sql/relay-term.ts";

const TOPIC_ID = "33333333-3333-8333-8333-333333333333";
const PARTITION = 0;

type Records = Parameters<Publisher["publish"]>[1];

/** A leader of the relay, once its term has begun. */
export type TestLeader = {
  readonly term: Term;
  relay(): Promise<number>;
  republish(): Promise<number>;
  /** Reads a window, and is cut off while its publish hangs. Answers what may still come to be published. */
  hang(): Promise<{ topic: string; records: Records }[]>;
};

/** What the tests of one file work with. Each test begins with an empty schema. */
export type RelayWorld = {
  readonly database: TestDatabase;
  /** As admin. */
  readonly db: Database;
  /** One connection, as the leader has. */
  readonly session: Database;
  readonly publisher: Publisher;
  /** Settles a batch. */
  reconcile(observations: ReturnType<typeof buildObservation>[]): Promise<unknown>;
  /** What the batches of this test have created. */
  readonly created: IdentityRow[];
  lead(): Promise<TestLeader>;
  relayTo(to: Publisher, recent?: RecentIdentities): RelayDependencies;
  /** What this test has published, in no order over identities. */
  published(): Promise<IdentityResolvedRecord[]>;
};

/** Registers the hooks of the file. */
export async function useRelay(): Promise<RelayWorld> {
  const [database, topics] = await Promise.all([testDatabase(), testTopics()]);
  const kafka = connectKafka({ brokers: topics.brokers, clientId: "relay-test" });
  const publisher = createPublisher(kafka, { deadlineMs: 10_000 });
  const db = database.open("admin");
  const session = database.open("writer", 1);
  const created: IdentityRow[] = [];
  /** Records of earlier tests, by partition and offset. */
  let before = new Set<string>();
  let offset = 0;
  let reconcileBatch: ReturnType<typeof createReconcileBatch>;
  afterAll(async () => {
    await publisher.close();
    await closeKafka(kafka);
    await database.drop();
  });
  await publisher.connect();

  beforeEach(async () => {
    await db.executeQuery(
      CompiledQuery.raw(
        `truncate identity, identifier, link, contact, consumer_offset, outbox, dead_letter restart identity;
         insert into consumer_offset values ('${TOPIC_ID}', ${PARTITION}, 0);
         update relay set cursor = pg_current_snapshot(), in_doubt_since = null, in_doubt_until = null, is_handed_over = true`,
      ),
    );
    offset = 0;
    created.length = 0;
    before = new Set((await readTopic(kafka, topics.names.identityResolved)).map(placeOf));
    reconcileBatch = createReconcileBatch({
      ...dependenciesOf(database, database.open("writer", 2), TOPIC_ID),
      onCreated: (rows) => created.push(...rows),
    });
  });

  async function reconcile(observations: ReturnType<typeof buildObservation>[]): Promise<unknown> {
    const from = offset;
    offset += observations.length;
    const placed: PlacedObservation[] = observations.map((one, at) => ({
      ...one,
      partition: PARTITION,
      offset: from + at,
    }));
    return reconcileBatch({
      ranges: [{ partition: PARTITION, from, to: offset }],
      observations: placed,
      deadLetters: [],
    });
  }

  async function lead(): Promise<TestLeader> {
    const term = toTerm((await beginTerm(session, null))[0]!);
    const dependencies = relayTo(publisher);
    return {
      term,
      relay: () => relayOutbox(session, term, dependencies),
      republish: () => republishDoubtful(session, term, dependencies),
      async hang() {
        const late: { topic: string; records: Records }[] = [];
        const hanging: Publisher = {
          ...publisher,
          publish: (topic, records) => {
            late.push({ topic, records });
            return Promise.reject(new Error("no answer"));
          },
        };
        await expect(relayOutbox(session, term, relayTo(hanging))).rejects.toThrow("no answer");
        return late;
      },
    };
  }

  function relayTo(to: Publisher, recent = createRecentIdentities()): RelayDependencies {
    return { db, publisher: to, topics: topics.names, partitions: 6, source: "urn:test", pageMax: 3, recent };
  }

  async function published(): Promise<IdentityResolvedRecord[]> {
    const all = await readTopic(kafka, topics.names.identityResolved);
    const fresh = all.filter((record) => !before.has(placeOf(record)));
    return fresh.map((record) => JSON.parse(record.value!.toString()) as IdentityResolvedRecord);
  }

  return { database, db, session, publisher, reconcile, created, lead, relayTo, published };
}

function placeOf({ partition, offset }: { partition: number; offset: number }): string {
  return `${partition}/${offset}`;
}
