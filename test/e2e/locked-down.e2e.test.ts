/**
 * A deployment with every lock on it, as docs/security.md describes it: API keys that `kith keys` makes, three roles in
 * a Postgres of its own that is reached over TLS. Kafka's locks are tested in packages/kafka.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeCertificateAuthority, startPostgres } from "@kith/devstack";
import { rowsOf, type ServiceName, until } from "@kith/testkit/system";
import { describe, expect, it } from "vitest";
import { type Role, useLockedDeployment } from "./testing/use-locked-deployment.ts";

const deployment = useLockedDeployment();
const { services, keys, call, kithKeys, urlOf, open, closers } = deployment;

describe("with keys", () => {
  it("an order finds its person, from HTTP to the log, the graph and back", async () => {
    const order = { email: "lorraine@hillvalley.edu", phoneNumber: "123456" };
    const answer = await call("ingress", "/api/identify", keys.ingest, order);
    expect(answer).toMatchObject({
      status: 200,
      body: { contact: { emails: [order.email], phoneNumbers: ["123456"] } },
    });
    const found = await call("query", "/v1/contacts/lookup", keys.read, { email: order.email });
    expect(found.body.contact).toEqual(answer.body.contact);
  });

  it.each<[ServiceName, string, keyof typeof keys | undefined, unknown, number]>([
    ["ingress", "/api/identify", undefined, {}, 401],
    ["ingress", "/identify", "read", {}, 403],
    ["ingress", "/identify", "import", {}, 403],
    ["ingress", "/v1/orders", undefined, {}, 401],
    ["ingress", "/v1/orders", "admin", {}, 403],
    ["ingress", "/v1/orders/batch", undefined, [{}], 401],
    ["ingress", "/v1/orders/batch", "read", [{}], 403],
    ["query", "/v1/contacts/lookup", "ingest", {}, 403],
    ["query", "/v1/contacts/lookup/batch", "ingest", [{}], 403],
    ["query", "/v1/contacts?email=a@b.io", undefined, undefined, 401],
    ["query", "/v1/contacts/1", "import", undefined, 403],
    ["query", "/v1/identities/1", "admin", undefined, 403],
    ["query", "/v1/progress", "ingest", undefined, 403],
    ["query", "/v1/progress", "admin", undefined, 200],
    ["query", "/readyz", undefined, undefined, 200],
    ["reconciler", "/livez", undefined, undefined, 200],
  ])("%s %s with the key %s is answered as it should be", async (service, path, key, body, status) => {
    expect(await call(service, path, key && keys[key], body)).toMatchObject({ status });
  });

  it("only an importer gives orders an age, and it decides who is primary", async () => {
    const phoneNumber = "717171";
    await call("ingress", "/api/identify", keys.ingest, { email: "young@hillvalley.edu", phoneNumber });
    const old = { email: "old@hillvalley.edu", phoneNumber, seenAt: 1 };
    const refused = await call("ingress", "/v1/orders", keys.ingest, old);
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ field: "seenAt", code: "unknown-field" }] } });
    const imported = await call("ingress", "/v1/orders/batch", keys.import, [
      old,
      { ...old, seenAt: Date.now() * 2_000 },
    ]);
    expect(imported.body.results?.map(({ problem }) => problem)).toEqual([
      undefined,
      expect.objectContaining({ errors: [{ field: "items/1/seenAt", code: "out-of-range" }] }),
    ]);
    const receipt = imported.headers.get("kith-receipt") ?? "";
    expect(await call("query", `/v1/receipts/${receipt}?waitMs=10000`, keys.import)).toMatchObject({
      body: { status: "applied" },
    });
    const found = await call("query", "/v1/contacts/lookup", keys.read, { phoneNumber });
    expect(found.body.contact?.emails).toEqual(["old@hillvalley.edu", "young@hillvalley.edu"]);
  });

  it("lookups above a key's quota are refused until it has some again", async () => {
    const items = Array.from({ length: 1_000 }, () => ({ email: "nobody@hillvalley.edu" }));
    expect(await call("query", "/v1/contacts/lookup/batch", keys.few, items)).toMatchObject({ status: 200 });
    const refused = await call("query", "/v1/contacts/lookup", keys.few, items[0]);
    expect(refused).toMatchObject({ status: 429, body: { code: "rate-limited" } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    await until(
      "the quota has refilled",
      async () => (await call("query", "/v1/contacts/lookup", keys.few, items[0])).status === 404,
    );
  });

  it("a key that is revoked stops working while the services run, and nothing else does", async () => {
    await kithKeys("revoke", keys.read.slice(5, 17));
    await until(
      "the revoked key is refused",
      async () => (await call("query", "/v1/contacts/1", keys.read)).status === 401,
    );
    const answer = await call("ingress", "/api/identify", keys.ingest, { email: "lorraine@hillvalley.edu" });
    expect(answer.status).toBe(200);
  });

  it("no key is in a log line", () => {
    const logs = services.map((service) => service.log()).join("");
    for (const key of Object.values(keys)) expect(logs).not.toContain(key.slice(18));
    expect(logs).toContain("API keys loaded");
  });
});

describe("the roles", () => {
  const codeOf = async (url: string, statement: string) =>
    rowsOf(open(url), statement).then(
      () => "done",
      (error: { code?: string }) => error.code ?? String(error),
    );

  it.each<[Role, string, string, string]>([
    ["kith_query", "read", "select count(*) from identifier", "done"],
    ["kith_query", "write", "delete from link", "25006"],
    [
      "kith_query",
      "write after it says it may",
      "with w as (select set_config('transaction_read_only', 'off', true)) delete from link using w",
      "25006",
    ],
    ["kith_query", "make a table", "create table mine (n int)", "25006"],
    ["kith_reconciler", "make a table", "create table mine (n int)", "42501"],
    ["kith_reconciler", "drop a table", "drop table dead_letter", "42501"],
    ["kith_reconciler", "empty a table at once", "truncate link", "42501"],
    ["kith_admin", "make a role", "create role friend superuser", "42501"],
  ])("%s tries to %s", async (role, _what, statement, code) => {
    expect(await codeOf(urlOf(role), statement)).toBe(code);
  });

  it("kith_query cannot write, even in a transaction that is not read only", async () => {
    const db = open(urlOf("kith_query"));
    const writing = db.connection().execute(async (connection) => {
      await rowsOf(connection, "set default_transaction_read_only = off");
      await rowsOf(connection, "delete from link");
    });
    await expect(writing).rejects.toMatchObject({ code: "42501" });
  });
});

describe("TLS to Postgres", () => {
  const answer = (url: string) =>
    rowsOf<{ ssl: boolean }>(open(url), "select ssl from pg_stat_ssl where pid = pg_backend_pid()");

  it("is used by every connection of the services", async () => {
    const rows = await rowsOf<{ ssl: boolean; name: string }>(
      open(deployment.postgres.url),
      `
      select ssl, usename::text as name from pg_stat_ssl join pg_stat_activity using (pid)
      where usename in ('kith_query', 'kith_reconciler')`,
    );
    expect(new Set(rows.map(({ name }) => name))).toEqual(new Set(["kith_query", "kith_reconciler"]));
    expect(rows.every(({ ssl }) => ssl)).toBe(true);
  });

  it("refuses a server of another authority, and one whose certificate has another name", async () => {
    const other = join(deployment.folder, "other.pem");
    await writeFile(other, makeCertificateAuthority("Kith test authority").certificate);
    expect(await answer(urlOf("kith_query"))).toEqual([{ ssl: true }]);
    await expect(answer(urlOf("kith_query", { ca: other }))).rejects.toThrow(/certificate/);
    const impostor = deployment.authority.issue({ commonName: "postgres", hosts: ["somebody.else"] });
    const server = await startPostgres({
      folder: join(deployment.folder, "impostor"),
      isDurable: false,
      isThrowAway: true,
      tls: impostor,
    });
    closers.unshift(() => server.stop());
    const url = new URL(urlOf("kith_query"));
    url.port = new URL(server.url).port;
    await expect(answer(url.href)).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  });
});
