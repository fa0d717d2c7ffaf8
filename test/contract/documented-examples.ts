/**
 * Every example of the documents that the services serve, sent over HTTP: it gets the status, the code and the content
 * type that are written there, and every status is shown by an example or named as one that no example can show.
 */
import {
  type DocumentedExample,
  ingressDocument,
  type OpenApiDocument,
  queryDocument,
  SEED_ORDERS,
} from "@kith/contracts";
import { ask, type World } from "@kith/testkit/system";
import { beforeAll, describe, expect, test } from "vitest";
import type { MoreServices } from "../inputs/more-services.ts";

/** They need a request too large to print, a slow one, a full quota, a failure, or a receipt of another topic. */
const WITHOUT_EXAMPLE = new Set(["408", "413", "414", "429", "431", "500", "503"]);
const RECEIPT_STATUSES = new Set(["202", "409", "410"]);

export function testDocumentedExamples(world: World, services: MoreServices): void {
  const known: Record<string, string> = {};

  beforeAll(async () => {
    for (const body of SEED_ORDERS) await ask(`${world.system.ingressUrl}/api/identify`, { body });
    const order = await ask<{ receipt: string }>(`${world.system.ingressUrl}/v1/orders`, { body: SEED_ORDERS[0] });
    const lookup = await ask<{ contact: { primaryContactId: number }; identity: { identityId: number } }>(
      `${world.system.queryUrl}/v1/contacts/lookup`,
      { body: SEED_ORDERS[0] },
    );
    known.receipt = order.body.receipt;
    known.contactId = String(lookup.body.contact.primaryContactId);
    known.identityId = String(lookup.body.identity.identityId);
    for (const [name, token] of Object.entries(services.keys)) known[`${name}Key`] = token;
  });
  const filled = <Value>(value: Value): Value =>
    JSON.parse(
      JSON.stringify(value ?? null).replace(/\{([A-Za-z]+)\}/g, (whole, name: string) => known[name] ?? whole),
    );

  describe.each([
    ["ingress", ingressDocument()],
    ["query", queryDocument()],
  ] as const)("of the %s", (service, document) => {
    const urlOf = ({ needsKeys }: DocumentedExample) => {
      if (needsKeys) return service === "ingress" ? services.guardedIngress.url : services.guardedQuery.url;
      return service === "ingress" ? world.system.ingressUrl : world.system.queryUrl;
    };

    test("the document is served as it is published", async () => {
      expect((await ask<OpenApiDocument>(`${urlOf({ summary: "", status: 200 })}/openapi.json`)).body).toEqual(
        document,
      );
    });

    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const route = `${method.toUpperCase()} ${path}`;
        test.each(operation["x-examples"])(`${route}: $summary → $status`, async (example) => {
          const answer = await send(urlOf(example), method, path, filled(example));
          expect([answer.status, answer.body]).toMatchObject([example.status, expect.anything()]);
          if (example.code !== undefined) expect(JSON.parse(answer.body)).toMatchObject({ code: example.code });
          const types = Object.keys(operation.responses[answer.status]?.content ?? {});
          expect(types).toContain(answer.contentType);
        });

        test(`${route}: every status has an example`, () => {
          const shown = new Set(operation["x-examples"].map(({ status }) => String(status)));
          const missing = Object.keys(operation.responses).filter(
            (status) => !shown.has(status) && !WITHOUT_EXAMPLE.has(status) && !(method === "get" && status === "400"),
          );
          expect(missing.filter((status) => !RECEIPT_STATUSES.has(status))).toEqual([]);
        });
      }
    }
  });
}

async function send(base: string, method: string, path: string, example: DocumentedExample) {
  const { parameters = {}, query = {}, headers = {}, body } = example;
  let address = path;
  for (const [name, value] of Object.entries(parameters)) address = address.replace(`{${name}}`, value);
  const search = new URLSearchParams(query).toString();
  const type: Record<string, string> =
    body === undefined || body === null ? {} : { "content-type": "application/json" };
  const given = Object.fromEntries(
    Object.entries({ ...type, ...headers }).filter(([name, value]) => !(name === "authorization" && value === "")),
  );
  const answer = await fetch(`${base}${address}${search === "" ? "" : `?${search}`}`, {
    method: method.toUpperCase(),
    headers: given,
    body: body === undefined || body === null ? null : typeof body === "string" ? body : JSON.stringify(body),
  });
  const contentType = (answer.headers.get("content-type") ?? "").split(";")[0] as string;
  return { status: answer.status, contentType, body: await answer.text() };
}
