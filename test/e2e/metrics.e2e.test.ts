/** `/metrics` of a running system: what was done shows, and nothing of whom it was done for. */
import { createPublisher } from "@kith/kafka";
import { ask, rowsOf, until, useSystem } from "@kith/testkit/system";
import { beforeAll, expect, test } from "vitest";

const world = useSystem();

async function metricsOf(url: string): Promise<{ text: string; value: (series: string) => number | undefined }> {
  const answer = await fetch(`${url}/metrics`);
  expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await answer.text();
  const values = new Map(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line): [string, number] => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]),
  );
  return { text, value: (series) => values.get(series) };
}

const reconcilerUrl = () => world.system.reconcilers[0]!.url;

beforeAll(async () => {
  const { system, kafka, topics } = world;
  for (const email of ["lorraine@hillvalley.edu", "mcfly@hillvalley.edu"]) {
    const { status } = await ask(`${system.ingressUrl}/api/identify`, {
      body: { email, phoneNumber: "123456" },
      headers: { prefer: "wait=30" },
    });
    expect(status).toBe(200);
  }
  expect((await ask(`${system.ingressUrl}/v1/orders`, { body: { email: "biff" } })).status).toBe(400);
  const order = { eventId: "again", email: "lorraine@hillvalley.edu", phoneNumber: "123456" };
  for (let time = 0; time < 2; time++) await ask(`${system.ingressUrl}/v1/orders`, { body: order });
  const publisher = createPublisher(kafka, { deadlineMs: 20_000 });
  await publisher.publish(topics.names.orderIdentity, [
    { key: "biff@hillvalley.edu", value: "nonsense", partition: 0 },
  ]);
  await publisher.close();
  await system.untilSettled();
  await until("the dead letter is published", async () => {
    const { value } = await metricsOf(reconcilerUrl());
    return value('kith_relay_published_total{topic="dead-letter"}') === 1;
  });
});

test("the ingress tells of requests and of what the log took", async () => {
  const { value } = await metricsOf(world.system.ingressUrl);
  const requests = (labels: string) => value(`kith_http_request_duration_seconds_count{${labels}}`);
  expect(requests('route="/api/identify",status="200"')).toBe(2);
  expect(requests('route="/v1/orders",status="202"')).toBe(2);
  expect(requests('route="/v1/orders",status="400"')).toBe(1);
  expect(value('kith_http_request_duration_seconds_bucket{le="+Inf",route="/v1/orders",status="202"}')).toBe(2);
  expect(value("kith_orders_published_total")).toBe(4);
  expect(value('kith_orders_unpublished_total{outcome="unknown"}')).toBe(0);
  expect(value("kith_publish_duration_seconds_count")).toBe(4);
  expect(value("kith_publish_in_flight_records")).toBe(0);
});

test("the reconciler tells of batches, dead letters, lag and the relay", async () => {
  const { text, value } = await metricsOf(reconcilerUrl());
  expect(value("kith_observations_applied_total")).toBe(4);
  // The same order twice: the second changes nothing, nor does the first of them, whose pair was known.
  expect(value("kith_observations_no_op_total")).toBe(2);
  expect(value("kith_identities_changed_total")).toBe(2);
  expect(value('kith_dead_letters_total{code="not-json"}')).toBe(1);
  expect(value('kith_dead_letters_total{code="unprocessable"}')).toBe(0);
  expect(value("kith_batch_records_sum")).toBe(5);
  expect(value("kith_batch_duration_seconds_count")).toBe(value("kith_batch_records_count"));
  expect(value('kith_batch_failures_total{class="retriable"}')).toBe(0);
  const lags = text.split("\n").filter((line) => line.startsWith("kith_partition_lag_records{"));
  expect(lags.sort()).toEqual([0, 1, 2, 3, 4, 5].map((n) => `kith_partition_lag_records{partition="${n}"} 0`));
  expect(value("kith_relay_leader")).toBe(1);
  expect(value("kith_relay_round_age_seconds")).toBeLessThan(60);
  expect(value('kith_relay_published_total{topic="identity.resolved"}')).toBeGreaterThanOrEqual(1);
});

test("the query service tells of lookups and of those who wait", async () => {
  const { value } = await metricsOf(world.system.queryUrl);
  expect(value("kith_lookups_total")).toBe(2);
  expect(value("kith_receipt_waits_total")).toBe(2);
  expect(value("kith_receipts_waiting")).toBe(0);
});

test("all three tell of their process, and none of a person", async () => {
  const { ingressUrl, queryUrl } = world.system;
  await fetch(`${queryUrl}/v1/contacts?email=lorraine@hillvalley.edu`);
  await fetch(`${queryUrl}/lorraine@hillvalley.edu`);
  for (const url of [ingressUrl, queryUrl, reconcilerUrl()]) {
    const { text, value } = await metricsOf(url);
    expect(value("process_resident_memory_bytes")).toBeGreaterThan(1_000_000);
    expect(text.toLowerCase()).not.toMatch(/hillvalley|lorraine|mcfly|biff|123456/);
  }
});

test("a relay that leads has made the outbox's partitions", async () => {
  const ahead =
    "select 1 from pg_inherits where inhparent = 'outbox'::regclass and inhrelid <> 'outbox_default'::regclass";
  await expect.poll(async () => (await rowsOf(world.db, ahead)).length).toBe(3);
});
