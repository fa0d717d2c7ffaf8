/**
 * TLS, SASL and permissions against a broker of this file's own, which has them: certificates and users are made here,
 * the permissions are those that docs/security.md recommends.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { topicNames } from "@kith/contracts";
import {
  type CertificateAuthority,
  chooseFreePort,
  kafkaJarsFolder,
  makeCertificateAuthority,
  type RunningKafka,
  startKafka,
} from "@kith/devstack";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createPublisher } from "./create-publisher.ts";
import { ensureTopics } from "./ensure-topics.ts";
import { followTopic } from "./follow-topic.ts";
import { closeKafka, connectKafka, internalsOf, type KafkaClient } from "./kafka-client.ts";
import type { KafkaSettings } from "./kafka-settings.ts";
import { readClusterId } from "./read-cluster-id.ts";
import { readLogBounds } from "./read-log-bounds.ts";
import { readDocumentedAcls } from "./testing/documented-acls.ts";
import { createPositionStore, startConsumer } from "./testing/position-store.ts";
import { describeTopic } from "./topic-id.ts";

const USERS = ["kith-admin", "kith-ingress", "kith-reconciler", "kith-query", "my-subscriber"] as const;
type User = (typeof USERS)[number];
const passwordOf = (name: string) => `secret-of-${name}`;
const { orderIdentity, identityResolved, deadLetter } = topicNames();

let folder: string;
let broker: RunningKafka;
let authority: CertificateAuthority;
let saslPort: number;
let mutualPort: number;
const clients: KafkaClient[] = [];
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kith-security-"));
  authority = makeCertificateAuthority("Kith test authority");
  const { certificate, key } = authority.issue({ commonName: "broker", hosts: ["127.0.0.1"] });
  const [keyStore, trustStore] = [join(folder, "broker.pem"), join(folder, "authority.pem")];
  await Promise.all([
    writeFile(keyStore, key + certificate, { mode: 0o600 }),
    writeFile(trustStore, authority.certificate),
  ]);
  [saslPort, mutualPort] = await Promise.all([chooseFreePort(), chooseFreePort()]);
  broker = await startKafka({
    folder: join(folder, "kafka"),
    jarsFolder: kafkaJarsFolder,
    isThrowAway: true,
    listeners: [
      { name: "USERS", port: saslPort, advertisedPort: saslPort, protocol: "SASL_SSL" },
      { name: "MUTUAL", port: mutualPort, advertisedPort: mutualPort, protocol: "SSL" },
    ],
    scramUsers: USERS.flatMap((name) => [
      { mechanism: "SCRAM-SHA-512", name, password: passwordOf(name) },
      { mechanism: "SCRAM-SHA-256", name, password: passwordOf(name) },
    ]),
    settings: {
      "ssl.keystore.type": "PEM",
      "ssl.keystore.location": keyStore,
      "ssl.truststore.type": "PEM",
      "ssl.truststore.location": trustStore,
      "listener.name.mutual.ssl.client.auth": "required",
      "ssl.principal.mapping.rules": "RULE:^CN=(.*)$/$1/,DEFAULT",
      "listener.name.users.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
      "listener.name.users.plain.sasl.jaas.config": `org.apache.kafka.common.security.plain.PlainLoginModule required ${USERS.map(
        (name) => `user_${name}="${passwordOf(name)}"`,
      ).join(" ")};`,
      "listener.name.users.scram-sha-256.sasl.jaas.config":
        "org.apache.kafka.common.security.scram.ScramLoginModule required;",
      "listener.name.users.scram-sha-512.sasl.jaas.config":
        "org.apache.kafka.common.security.scram.ScramLoginModule required;",
      "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
      // The plain listener, which only this test and the broker itself use.
      "super.users": "User:ANONYMOUS",
    },
  });
  const superUser = open({ brokers: [broker.brokers] });
  const acl = await readDocumentedAcls();
  await internalsOf(superUser).admin.ask((admin) => admin.createAcls({ acl }));
  await ensureTopics(as("kith-admin"), { prefix: "" });
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(async () => {
  for (const client of clients) await closeKafka(client);
  await broker?.stop();
  await rm(folder, { recursive: true, force: true });
});

function open(settings: Partial<KafkaSettings>): KafkaClient {
  const client = connectKafka({ brokers: [`127.0.0.1:${saslPort}`], clientId: "kith-security-test", ...settings });
  clients.push(client);
  return client;
}

type Mechanism = "plain" | "scram-sha-256" | "scram-sha-512";

function as(username: User, changes: Partial<KafkaSettings> = {}, mechanism: Mechanism = "scram-sha-512"): KafkaClient {
  const sasl = { mechanism, username, password: passwordOf(username) };
  return open({ ssl: { ca: authority.certificate }, sasl, ...changes });
}

async function publish(client: KafkaClient, topic: string, value = "{}", deadlineMs = 5_000) {
  const publisher = createPublisher(client, { deadlineMs, idempotent: true });
  closing.push(() => publisher.close());
  return await publisher.publish(topic, [{ key: "k", value, partition: 0 }]);
}

/** Without the patience that a client has with a broker that may come back. */
async function connectOnce(client: KafkaClient): Promise<void> {
  const link = internalsOf(client).openLink({ retries: 0 });
  try {
    await link.kafka.admin().connect();
  } finally {
    link.cut();
  }
}

/** The name or type of what refused, wherever it lies in the chain of causes. */
async function refusalOf(asking: Promise<unknown>): Promise<string> {
  try {
    await asking;
  } catch (error) {
    const said: string[] = [];
    for (let at: unknown = error; at instanceof Error; at = at.cause) {
      const { name, type, code, message } = at as Error & { type?: string; code?: string };
      said.push(name, type ?? "", code ?? "", message);
    }
    return said.join(" ");
  }
  return "nothing refused";
}

describe("who may connect", () => {
  it.each(["plain", "scram-sha-256", "scram-sha-512"] as const)("a user, over TLS, by %s", async (mechanism) => {
    expect(await readClusterId(as("kith-query", {}, mechanism))).toMatch(/^[A-Za-z0-9_-]{22}$/);
  });

  it("whoever has a certificate of the authority, where the broker asks for one", async () => {
    const { certificate: cert, key } = authority.issue({ commonName: "kith-ingress" });
    const client = open({ brokers: [`127.0.0.1:${mutualPort}`], ssl: { ca: authority.certificate, cert, key } });
    expect(await publish(client, orderIdentity)).toHaveLength(1);
    expect(await refusalOf(publish(client, identityResolved))).toContain("TOPIC_AUTHORIZATION_FAILED");
  });

  it.each<[what: string, client: () => KafkaClient, says: RegExp]>([
    [
      "a wrong password",
      () => as("kith-query", { sasl: { mechanism: "scram-sha-512", username: "kith-query", password: "guess" } }),
      /SASLAuthentication/,
    ],
    [
      "an unknown user",
      () => as("kith-query", { sasl: { mechanism: "plain", username: "nobody", password: "guess" } }),
      /SASLAuthentication/,
    ],
    ["a client that does not trust the authority", () => as("kith-query", { ssl: true }), /certificate/i],
    [
      "a client that trusts another authority of that name",
      () => as("kith-query", { ssl: { ca: makeCertificateAuthority("Kith test authority").certificate } }),
      /certificate/i,
    ],
    [
      "a broker whose certificate has another name",
      () => as("kith-query", { brokers: [`localhost:${saslPort}`] }),
      /does not match certificate's altnames|ERR_TLS_CERT_ALTNAME_INVALID/,
    ],
    ["a client without TLS", () => as("kith-query", { ssl: false }), /KafkaJS|ECONNRESET|closed/i],
    [
      "a client without a certificate, where the broker asks for one",
      () => open({ brokers: [`127.0.0.1:${mutualPort}`], ssl: { ca: authority.certificate } }),
      /certificate|ECONNRESET|closed/i,
    ],
  ])("not %s", async (_what, client, says) => {
    expect(await refusalOf(connectOnce(client()))).toMatch(says);
  });
});

describe("the documented permissions", () => {
  it("let each service do its work", async () => {
    await publish(as("kith-ingress"), orderIdentity, "an order");
    expect((await describeTopic(as("kith-ingress"), orderIdentity))?.partitions).toBe(6);

    const store = createPositionStore();
    const reconciler = as("kith-reconciler");
    const consumer = await startConsumer(reconciler, store, { topic: orderIdentity, groupId: "kith-reconciler" });
    closing.push(() => consumer.stop());
    await expect.poll(() => store.values()).toContain("an order");
    await consumer.commit(new Map([[0, 1]]));
    expect(store.fatals).toEqual([]);
    await publish(reconciler, identityResolved, "an identity");
    await publish(reconciler, deadLetter);

    expect((await readLogBounds(as("kith-query"), orderIdentity)).get(0)?.end).toBeGreaterThan(0);
    const received: string[] = [];
    const follower = await followTopic(as("my-subscriber"), {
      topic: identityResolved,
      groupId: "my-subscriber",
      fromBeginning: true,
      onRecord: ({ value }) => received.push(String(value)),
    });
    closing.push(() => follower.stop());
    await expect.poll(() => received).toContain("an identity");
  });

  it("let nobody write more than that", async () => {
    const tries: [user: User, topic: string][] = [
      ["kith-ingress", identityResolved],
      ["kith-ingress", deadLetter],
      ["kith-reconciler", orderIdentity],
      ["kith-query", orderIdentity],
      ["my-subscriber", identityResolved],
      ["kith-admin", orderIdentity],
    ];
    const refusals = tries.map(([user, topic]) => refusalOf(publish(as(user), topic, "{}", 1_500)));
    for (const refusal of await Promise.all(refusals)) expect(refusal).toContain("AUTHORIZATION_FAILED");
  });

  it("do not let subscribers read orders", async () => {
    const following = followTopic(as("my-subscriber"), {
      topic: orderIdentity,
      groupId: "my-subscriber",
      fromBeginning: true,
      onRecord: () => undefined,
      onFatal: () => undefined,
    });
    expect(await refusalOf(following)).toContain("AUTHORIZATION_FAILED");
  });

  it("do not let the ingress into the reconciler's group", async () => {
    const log: unknown[] = [];
    const store = createPositionStore();
    const client = as("kith-ingress", { onLog: ({ level, details }) => level === "warn" && log.push(details.error) });
    const consumer = await startConsumer(client, store, { topic: orderIdentity, groupId: "kith-reconciler" });
    closing.push(() => consumer.stop());
    await expect.poll(() => log).toContain("KafkaJSGroupCoordinatorNotFound");
    expect(store.assignments).toEqual([]);
  });
});
