/**
 * Records of clients that are not KafkaJS, with every codec they have, are resolved like any other: Apache Kafka's own
 * client from the jars the devstack keeps, and librdkafka where Python has `confluent-kafka`.
 */
import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { TOPIC_PARTITIONS } from "@kith/contracts";
import { fetchKafka, findJava, kafkaJarsFolder, PrerequisiteError, repositoryRoot, sayNothing } from "@kith/devstack";
import { partitionOf } from "@kith/kafka";
import { ask, checkAgainstOracle, useSystem } from "@kith/testkit/system";
import { describe, expect, test } from "vitest";

const run = promisify(execFile);
const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
// Enough of one codec for a batch that the codec is worth something for.
const RECORDS = 40;
const FOREIGN = join(repositoryRoot, "test/foreign");

type Client = { command: string; args: readonly string[] } | { missing: string };

const world = useSystem();
const clients: [string, Client][] = [
  ["Java", await findJavaClient()],
  ["Python", await findPythonClient()],
];

describe.each(clients)("records that %s publishes", (name, client) => {
  if ("missing" in client) {
    test.skip(`not tried: ${client.missing}`, () => {});
    return;
  }

  test("with every codec are resolved", async () => {
    const { system, topics } = world;
    const records = CODECS.flatMap((codec, number) =>
      Array.from({ length: RECORDS }, (_, index) => observation(name, codec, number, index)),
    );
    const lines = records.map(({ codec, key, value }) => `${codec}\t${key}\t${value}\n`).join("");
    const printed = await produce(client, [topics.brokers.join(","), topics.names.orderIdentity], lines);
    const reports = printed.trim().split("\n");
    expect(reports).toHaveLength(records.length);

    // Both place a record by its key as Kith does: murmur2.
    const partitions = (codec: string) =>
      reports.flatMap((line) => (line.startsWith(`${codec} `) ? [Number(line.split(" ")[1])] : [])).sort();
    for (const codec of CODECS) {
      const expected = records
        .filter((one) => one.codec === codec)
        .map(({ key }) => partitionOf(key, TOPIC_PARTITIONS));
      expect(partitions(codec)).toEqual(expected.sort());
    }

    await system.untilSettled();
    for (const codec of CODECS) {
      const { status, body } = await ask<{ contact: { emails: string[]; phoneNumbers: string[] } }>(
        `${system.queryUrl}/v1/contacts/lookup`,
        { body: { email: `${name}-${codec}-0@x.io` } },
      );
      expect(status).toBe(200);
      const own = records.filter((one) => one.codec === codec);
      expect(body.contact.emails).toEqual(own.map(({ key }) => key));
      expect(body.contact.phoneNumbers).toHaveLength(1);
    }
  });
});

test("afterwards the whole state equals the oracle's", async () => {
  const { faults, compared } = await checkAgainstOracle(world);
  expect(faults).toEqual([]);
  const tried = clients.filter(([, client]) => !("missing" in client)).length;
  expect(compared.observations).toBe(tried * CODECS.length * RECORDS);
  expect(compared.identities).toBe(tried * CODECS.length);
});

/** All records of one client and codec share a phone: one person with many emails, oldest first. */
function observation(client: string, codec: string, number: number, index: number) {
  const key = `${client}-${codec}-${index}@x.io`.toLowerCase();
  const phone = String(600_000 + number + (client === "Java" ? 0 : CODECS.length));
  const value = { v: 1, eventId: `${client}-${codec}-${index}`, email: key, phone, seenAt: 1 + index, normVersion: 1 };
  return { codec, key, value: JSON.stringify({ ...value, orderId: "Bestellung für Zoë 🐟" }) };
}

async function produce(client: { command: string; args: readonly string[] }, args: string[], lines: string) {
  const child = spawn(client.command, [...client.args, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(lines);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const [printed, complaints, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`the client failed (exit code ${code}): ${complaints}`);
  return printed;
}

async function findJavaClient(): Promise<Client> {
  try {
    const java = await findJava();
    const { stdout } = await run(java, ["--list-modules"]);
    if (!stdout.includes("jdk.compiler@")) return { missing: "this Java runs no source files (a JRE, not a JDK)" };
    const jars = await fetchKafka(kafkaJarsFolder, sayNothing);
    return { command: java, args: ["-cp", join(jars, "*"), join(FOREIGN, "Produce.java")] };
  } catch (error) {
    if (error instanceof PrerequisiteError) return { missing: error.message.split("\n")[0] as string };
    throw error;
  }
}

async function findPythonClient(): Promise<Client> {
  const python = process.env.PYTHON ?? "python3";
  try {
    await run(python, ["-c", "import confluent_kafka"]);
    return { command: python, args: [join(FOREIGN, "produce.py")] };
  } catch (error) {
    if (error instanceof Error && "code" in error) return { missing: "`python3 -c 'import confluent_kafka'` fails" };
    throw error;
  }
}
