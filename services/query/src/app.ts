/** The read side as a Fastify app: parts put together, no process around it. */
import { KithError, queryDocument, topicNames } from "@kith/contracts";
import { classifyFailure, committedChannel, createDatabase, listen, readOffsets } from "@kith/database";
import type { KafkaClient } from "@kith/kafka";
import {
  addDocs,
  createHttpApp,
  createMetrics,
  type Logger,
  type RouteRules,
  toCanonicalizer,
} from "@kith/service-kit";
import type { FastifyInstance } from "fastify";
import type { Config } from "./config.ts";
import { createDeployment } from "./lookup/deployment.ts";
import { createLookUp } from "./lookup/look-up.ts";
import { createLookupQueue } from "./lookup/lookup-queue.ts";
import { createProgress } from "./lookup/progress.ts";
import { createWaitForReceipt } from "./lookup/wait-for-receipt.ts";
import { measureLookups, measureWaits } from "./metrics.ts";
import { addIdRoutes } from "./routes/by-id.ts";
import { addLookupRoutes } from "./routes/lookup.ts";
import { addProgressRoute } from "./routes/progress.ts";
import { addReceiptRoutes } from "./routes/receipts.ts";

export type AppDependencies = { readonly config: Config; readonly kafka: KafkaClient; readonly logger: Logger };

const BODY_BYTES_MAX = 16 * 1024;
const WAITERS_MAX = 20_000;
const LOOKUP_STATEMENTS_MAX = 2;
const LOOKUP_IDENTIFIERS_MAX = 1_000;

/** Whoever may send orders may ask what became of them: a receipt's answer names nobody. */
const ROUTE_RULES: RouteRules = {
  "/v1/*": { scopes: ["read"], quotas: ["lookups"] },
  "/v1/receipts/:receipt": { scopes: ["ingest", "import", "read"], quotas: ["lookups"] },
  "/v1/progress": { scopes: ["read", "admin"] },
};

/** The app and everything it holds; closing the app closes all of it. Nothing is connected before the first request. */
export function createApp({ config, kafka, logger }: AppDependencies): FastifyInstance {
  const warn = (message: string) => (error: unknown) => logger.warn({ err: error }, message);
  const { db, close: closeDatabase } = createDatabase({
    url: config.DATABASE_URL,
    schema: config.DATABASE_SCHEMA,
    role: "reader",
    poolMax: config.DATABASE_POOL_MAX,
    applicationName: "kith-query",
    onIdleError: warn("a database connection was lost"),
  });
  const deployment = createDeployment({ db, receiptSecret: config.RECEIPT_SECRET });
  const metrics = createMetrics();
  const progress = measureWaits(
    createProgress({ db, waitersMax: WAITERS_MAX, onError: warn("the offsets could not be read") }),
    metrics,
  );
  const commits = listen({
    url: config.DATABASE_URL,
    schema: config.DATABASE_SCHEMA,
    applicationName: "kith-query-listen",
    channel: committedChannel(config.DATABASE_SCHEMA),
    onWake: progress.wake,
    onIdleError: warn("the listening connection was lost"),
  });
  const canonicalizer = toCanonicalizer(config);
  const waitForReceipt = createWaitForReceipt({ db, deployment, progress });
  const queue = measureLookups(
    createLookupQueue({ db, identifiersMax: LOOKUP_IDENTIFIERS_MAX, statementsMax: LOOKUP_STATEMENTS_MAX }),
    metrics,
  );

  const app = createHttpApp({
    logger,
    bodyLimitBytes: BODY_BYTES_MAX,
    explainError,
    access: { config, rules: ROUTE_RULES },
    metrics,
    checks: [{ name: "database", kind: "ready", check: async () => Array.isArray(await readOffsets(db, NO_TOPIC)) }],
  });
  addLookupRoutes(app, { canonicalizer, lookUp: createLookUp({ queue, waitForReceipt }) });
  addIdRoutes(app, { db });
  addReceiptRoutes(app, { db, waitForReceipt });
  addProgressRoute(app, { db, kafka, topic: topicNames(config.TOPIC_PREFIX).orderIdentity, deployment });
  addDocs(app, queryDocument);
  app.addHook("preClose", async () => progress.close());
  app.addHook("onClose", async () => {
    await commits.close();
    await closeDatabase();
  });
  return app;
}

function explainError(error: unknown): KithError | undefined {
  if (error instanceof KithError || classifyFailure(error) !== "retriable") return undefined;
  return new KithError("database-unavailable", {}, { cause: error });
}

const NO_TOPIC = "00000000-0000-0000-0000-000000000000";
