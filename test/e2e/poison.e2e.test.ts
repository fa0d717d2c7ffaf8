/**
 * A record that is in order and yet makes the database refuse its batch, for a reason nobody foresaw: it alone becomes a
 * dead letter, kept as it was; the orders around it are applied, and the reconciler goes on.
 */
import { TOPIC_PARTITIONS } from "@kith/contracts";
import { createPublisher } from "@kith/kafka";
import { checkAgainstOracle, readTopic, rowsOf, useSystem } from "@kith/testkit/system";
import { expect, test } from "vitest";

const world = useSystem();
const POISON = "poison";

function record(eventId: string, email: string): string {
  return JSON.stringify({ v: 1, eventId, email, phone: "5550100", seenAt: 1, normVersion: 1 });
}

test("one poisonous record among hundreds costs a dead letter, not the partition", async () => {
  // As a fault in the schema would: every batch with this event is refused with an error of no known class.
  const { db, kafka, topics } = world;
  await rowsOf(
    db,
    `create function refuse_poison() returns trigger language plpgsql as
       $$ begin if new.event_id = '${POISON}' then raise exception 'refused by the test'; end if; return new; end $$;
     create trigger refuse_poison before insert on contact for each row execute function refuse_poison()`,
  );
  const publisher = createPublisher(kafka, { deadlineMs: 10_000 });
  const values = Array.from({ length: 300 }, (_, n) => record(n === 123 ? POISON : `evt-${n}`, `p${n}@x.io`));
  const places = await publisher.publish(
    topics.names.orderIdentity,
    values.map((value, n) => ({
      key: `p${n}@x.io`,
      value,
      partition: n % TOPIC_PARTITIONS,
      headers: { trace: "kept" },
    })),
  );
  await publisher.close();
  await world.system.untilSettled();

  const rows = await rowsOf(db, 'select partition, "offset", code, raw from dead_letter order by partition, "offset"');
  expect(rows).toEqual([{ ...places[123], code: "unprocessable", raw: Buffer.from(values[123]!) }]);
  // The topic has its copy a moment later.
  await expect.poll(async () => (await readTopic(kafka, topics.names.deadLetter)).length).toBe(1);
  const letters = await readTopic(kafka, topics.names.deadLetter);
  expect(
    letters.map((letter) => [String(letter.key), String(letter.value), String(letter.headers["kith-code"])]),
  ).toEqual([["p123@x.io", values[123], "unprocessable"]]);
  expect(String(letters[0]!.headers.trace)).toBe("kept");

  const { faults } = await checkAgainstOracle(world, (one) => !String(one.value).includes(`"${POISON}"`));
  expect(faults).toEqual([]);
});
