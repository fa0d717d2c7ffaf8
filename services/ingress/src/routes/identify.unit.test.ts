import { KithError } from "@kith/contracts";
import { createCanonicalizer } from "@kith/identifiers";
import { createHttpApp, createLogger } from "@kith/service-kit";
import { expect, test } from "vitest";
import type { LookupOutcome } from "../lookup/batch-lookup-client.ts";
import type { Accepted } from "../publish/order-log.ts";
import { addIdentifyRoutes } from "./identify.ts";
import { createSendAccepted } from "./send-accepted.ts";

const ACCEPTED: Accepted = { eventId: "e-1", receipt: "r-1" };
const FOUND: LookupOutcome = { kind: "found", contactJson: "{}", isTruncated: false };

/** How the order and the lookup end. `seen` is how many clients waited while each was under way. */
async function identify(answers: { taken?: KithError; lookup?: LookupOutcome | KithError }, prefer = "wait=1") {
  let clients = 0;
  const seen: number[] = [];
  const end = async <T>(outcome: T | KithError): Promise<T> => {
    seen.push(clients);
    if (outcome instanceof KithError) throw outcome;
    return outcome;
  };
  const app = createHttpApp({ logger: createLogger({ service: "test", level: "silent" }), checks: [] });
  addIdentifyRoutes(app, {
    canonicalizer: createCanonicalizer({}),
    acceptOrder: { one: () => end(answers.taken ?? ACCEPTED), all: async () => [] },
    lookUp: () => end(answers.lookup ?? FOUND),
    waitingClients: { enter: () => (clients += 1), leave: () => (clients -= 1) },
    sendAccepted: createSendAccepted("http://query"),
    waitMsDefault: 1_000,
    waitMsMax: 30_000,
  });
  const payload = { email: "mcfly@hillvalley.edu" };
  const { statusCode } = await app.inject({ method: "POST", url: "/identify", payload, headers: { prefer } });
  await app.close();
  return { statusCode, seen, clients };
}

test.each([
  ["with a person", {}, 200],
  ["without an answer of the query service", { lookup: { kind: "unanswered" } as const }, 202],
  ["with an error of the lookup", { lookup: new KithError("overloaded") }, 503],
])("a client waits until it is answered, %s", async (_, answers, statusCode) => {
  expect(await identify(answers)).toEqual({ statusCode, seen: [1, 1], clients: 0 });
});

test("a client whose order is not taken waits no more", async () => {
  const outcome = await identify({ taken: new KithError("log-unavailable") });
  expect(outcome).toEqual({ statusCode: 503, seen: [1], clients: 0 });
});

test("a client that does not want to wait does not", async () => {
  expect(await identify({}, "respond-async")).toEqual({ statusCode: 202, seen: [0], clients: 0 });
});
