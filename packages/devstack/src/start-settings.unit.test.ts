import { createServer } from "node:net";
import { expect, it } from "vitest";
import { chooseFreePort } from "./free-port.ts";
import { checkServicePorts, readStartSettings } from "./start-settings.ts";

it("has the documented addresses when nothing is set, and starts both servers", async () => {
  expect(await readStartSettings({})).toMatchObject({
    host: "127.0.0.1",
    ports: { ingress: 3000, query: 3001, reconciler: 3002 },
    databaseUrl: undefined,
    databaseSchema: "kith",
    kafkaBrokers: undefined,
    topicPrefix: "",
  });
});

it("takes a free port for 0", async () => {
  const { ports } = await readStartSettings({ INGRESS_PORT: "0", QUERY_PORT: "0", RECONCILER_PORT: "0" });
  expect(new Set(Object.values(ports)).size).toBe(3);
  expect(Object.values(ports)).not.toContain(0);
});

it("refuses one port for two services", async () => {
  await expect(readStartSettings({ QUERY_PORT: "3000" })).rejects.toThrow(/INGRESS_PORT, QUERY_PORT.*must differ/);
});

it.each([
  ["INGRESS_PORT", "ingress"],
  ["QUERY_PORT", "query"],
  ["RECONCILER_PORT", "reconciler"],
])("names %s when the port of %s is taken", async (variable, service) => {
  const free = { INGRESS_PORT: "0", QUERY_PORT: "0", RECONCILER_PORT: "0" };
  const taken = await chooseFreePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(taken, "127.0.0.1", resolve));
  try {
    const settings = await readStartSettings({ ...free, [variable]: String(taken) });
    await expect(checkServicePorts(settings)).rejects.toThrow(
      new RegExp(`Port ${taken} of 127.0.0.1, meant for ${service}, is taken.*set ${variable} to another`),
    );
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
  await checkServicePorts(await readStartSettings({ ...free, [variable]: String(taken) }));
});
