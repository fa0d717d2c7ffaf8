/** The write side as a Fastify app: parts put together, no process around it. Closing the app closes all of it. */
import { ingressDocument, topicNames } from "@kith/contracts";
import { createPublisher, describeTopic, type KafkaClient, readClusterId } from "@kith/kafka";
import {
  addDocs,
  createHttpApp,
  createMetrics,
  type Logger,
  type RouteRules,
  toCanonicalizer,
} from "@kith/service-kit";
import type { FastifyInstance } from "fastify";
import { type Config, LIMITS } from "./config.ts";
import { createBatchLookupClient } from "./lookup/batch-lookup-client.ts";
import { measurePublisher } from "./metrics.ts";
import { createAcceptOrder } from "./publish/accept-order.ts";
import { createEventIds } from "./publish/event-id.ts";
import { createOrderLog } from "./publish/order-log.ts";
import { createRandomHex } from "./publish/random-pool.ts";
import { createSeenAt } from "./publish/seen-at.ts";
import { createWaitingClients } from "./publish/waiting-clients.ts";
import { addIdentifyRoutes } from "./routes/identify.ts";
import { addOrderBatchRoute } from "./routes/order-batch.ts";
import { addOrderRoute } from "./routes/orders.ts";
import { createSendAccepted } from "./routes/send-accepted.ts";

export type AppDependencies = { readonly config: Config; readonly kafka: KafkaClient; readonly logger: Logger };

/** Identify answers with a person, so it counts as a lookup as well. */
const ROUTE_RULES: RouteRules = {
  "/api/identify": { scopes: ["ingest"], quotas: ["orders", "lookups"] },
  "/identify": { scopes: ["ingest"], quotas: ["orders", "lookups"] },
  "/v1/orders": { scopes: ["ingest", "import"], quotas: ["orders"] },
  "/v1/orders/batch": { scopes: ["ingest", "import"], quotas: ["orders"] },
};

export function createApp({ config, kafka, logger }: AppDependencies): FastifyInstance {
  const metrics = createMetrics();
  const canonicalizer = toCanonicalizer(config);
  const topic = topicNames(config.TOPIC_PREFIX).orderIdentity;
  const waitingClients = createWaitingClients();
  const log = createOrderLog({
    topic,
    publisher: measurePublisher(
      createPublisher(kafka, { deadlineMs: LIMITS.publishDeadlineMs, idempotent: true }),
      metrics,
    ),
    describeTopic: () => describeTopic(kafka, topic),
    readReceiptSecret: async () => config.RECEIPT_SECRET ?? (await readClusterId(kafka)),
    logger,
    limits: LIMITS,
    isEnough: waitingClients.isGroup,
  });
  const randomHex = createRandomHex();
  const acceptOrder = createAcceptOrder({
    log,
    newEventId: createEventIds(Date.now, randomHex),
    nextSeenAt: createSeenAt(),
    nowMs: Date.now,
    randomHex,
  });
  const lookups = createBatchLookupClient({
    queryUrl: config.QUERY_URL,
    apiKey: config.QUERY_API_KEY,
    itemsMax: LIMITS.lookupItemsMax,
    connectionsMax: LIMITS.lookupConnectionsMax,
    logger,
  });
  const sendAccepted = createSendAccepted(config.PUBLIC_QUERY_URL ?? config.QUERY_URL);

  const app = createHttpApp({
    logger,
    bodyLimitBytes: LIMITS.orderBodyBytesMax,
    access: { config, rules: ROUTE_RULES },
    metrics,
    checks: [{ name: "log", kind: "ready", check: () => log.isReady() }],
  });
  if (config.API_KEYS_FILE !== undefined && config.QUERY_API_KEY === undefined) {
    logger.warn("QUERY_API_KEY is not set: if the query service asks for keys, identify answers 202 only");
  }
  addOrderRoute(app, { canonicalizer, acceptOrder, sendAccepted });
  addOrderBatchRoute(app, {
    canonicalizer,
    acceptOrder,
    bodyBytesMax: LIMITS.batchBodyBytesMax,
    itemsMax: LIMITS.batchItemsMax,
  });
  addIdentifyRoutes(app, {
    canonicalizer,
    acceptOrder,
    lookUp: lookups.lookUp,
    waitingClients,
    sendAccepted,
    waitMsDefault: config.IDENTIFY_WAIT_MS,
    waitMsMax: LIMITS.waitMsMax,
  });
  addDocs(app, ingressDocument);
  app.addHook("onReady", async () => log.start());
  app.addHook("preClose", async () => {
    lookups.drain(LIMITS.lookupDrainMs);
    log.drain(LIMITS.publishDrainMs);
  });
  app.addHook("onClose", async () => {
    await log.close();
    await lookups.close();
  });
  return app;
}
