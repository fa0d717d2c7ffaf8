/**
 * The HTTP edge of every service: one Fastify app with every limit set by hand, where whatever goes wrong, down to
 * broken framing, is answered with a problem document. Request logging is off; failures are logged once, here.
 */
import type { Server } from "node:http";
import { KithError } from "@kith/contracts";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from "fastify";
import { addJsonParser } from "./add-json-parser.ts";
import { answerBrokenRequests } from "./answer-broken-requests.ts";
import { guardRoutes, type RouteRules } from "./api-keys/guard-routes.ts";
import { type KeyRing, openKeyRing } from "./api-keys/key-ring.ts";
import { boundBodies } from "./bound-bodies.ts";
import type { Logger } from "./create-logger.ts";
import { addHealthRoutes, type HealthCheck } from "./health.ts";
import { HTTP_LIMITS } from "./http-limits.ts";
import { measureRequests } from "./measure-requests.ts";
import type { Metrics } from "./metrics.ts";
import { createRouteTable, type RouteTable } from "./route-table.ts";
import { sendProblem } from "./send-problem.ts";
import { toKithError } from "./to-kith-error.ts";
import { type Connections, trackConnections } from "./track-connections.ts";
import { type PressureLimits, watchPressure } from "./watch-pressure.ts";

/** What an app is made of. */
export type HttpAppOptions = {
  logger: Logger;
  /** Greatest size of a body, by default 16 KB; a route may have its own `bodyLimit`. */
  bodyLimitBytes?: number;
  /** How much of larger bodies may be held at once, by default 32 MB. */
  heldBodyBytesMax?: number;
  checks: readonly HealthCheck[];
  /** Who may call what, once there are API keys. Without this the app is open, whatever the environment says. */
  access?: HttpAccess;
  /** Measures requests, and shows all of these at `/metrics`. */
  metrics?: Metrics;
  /** When new requests are refused for there being too much to do. */
  pressureLimits?: PressureLimits;
  /** The error of the table that a service's own failure stands for; undefined leaves it to be `internal`. */
  explainError?: (error: unknown) => KithError | undefined;
};

/** The part of a service's configuration that is about keys, and the service's own rules. */
export type HttpAccess = {
  readonly config: {
    readonly API_KEYS_FILE?: string | undefined;
    readonly KEY_ORDERS_PER_SECOND?: number | null;
    readonly KEY_LOOKUPS_PER_SECOND?: number | null;
  };
  readonly rules: RouteRules;
};

const METHODS_WITH_BODY = new Set(["POST", "PUT", "PATCH"]);
/** While a body above the limit is refused, so much of it is read and thrown away, for so long. */
const REFUSED_BODY_BYTES_MAX = 8 * 1024 * 1024;
const REFUSED_BODY_MS = 1_000;
/** While the server closes, connections are looked at this often, and a request has this long to arrive whole. */
const SWEEP_MS = 50;
const UNFINISHED_REQUEST_MS = 3_000;

/** An app with limits, problem documents, `/livez` and `/readyz`, and no other route. `app.close()` drains it. */
export function createHttpApp(options: HttpAppOptions): FastifyInstance {
  const { logger, bodyLimitBytes, heldBodyBytesMax, checks, access, metrics, pressureLimits, explainError } = options;
  const routes = createRouteTable();
  let isClosing = false;
  const keys = openKeys(access, logger);
  const pressure = watchPressure(pressureLimits ?? HTTP_LIMITS.pressure);

  const app = Fastify({
    // Fastify gets no logger: a child logger for each request would cost more than the request's own work.
    logger: false,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: bodyLimitBytes ?? HTTP_LIMITS.bodyBytesMax,
    connectionTimeout: HTTP_LIMITS.connectionTimeoutMs,
    requestTimeout: HTTP_LIMITS.requestTimeoutMs,
    keepAliveTimeout: HTTP_LIMITS.keepAliveTimeoutMs,
    maxRequestsPerSocket: HTTP_LIMITS.requestsPerConnectionMax,
    http: {
      headersTimeout: HTTP_LIMITS.requestTimeoutMs,
      connectionsCheckingInterval: HTTP_LIMITS.connectionsCheckingIntervalMs,
      maxHeaderSize: HTTP_LIMITS.headerBytesMax,
      insecureHTTPParser: false,
      // Node would answer a missing Host with an empty 400; refuseEarly gives it a document.
      requireHostHeader: false,
      noDelay: true,
    },
    routerOptions: {
      maxParamLength: HTTP_LIMITS.paramLengthMax,
      caseSensitive: true,
      ignoreTrailingSlash: false,
      ignoreDuplicateSlashes: false,
    },
    exposeHeadRoutes: true,
    trustProxy: false,
    onProtoPoisoning: "error",
    onConstructorPoisoning: "error",
    return503OnClosing: false, // Its answer is not a problem document; refuseEarly gives ours.
    forceCloseConnections: "idle",
    frameworkErrors: (error, _request, reply) => void sendProblem(reply as FastifyReply, toKithError(error)),
    clientErrorHandler: () => undefined, // answerBrokenRequests takes its place.
  });
  app.server.maxConnections = HTTP_LIMITS.connectionsMax;
  app.server.maxHeadersCount = HTTP_LIMITS.headersMax + 1;
  const connections = trackConnections(app.server, HTTP_LIMITS.connectionsBeforeEviction);
  answerBrokenRequests(app.server, connections);
  addJsonParser(app);

  app.addHook("onRoute", (route) => routes.add(route.url, route.method));
  app.addHook("onRequest", (request, reply, done) => {
    let refusal = refuseEarly(request, reply, isClosing, routes);
    if (refusal === undefined && pressure.isHigh() && !isOperational(request.raw.url)) {
      refusal = new KithError("overloaded");
    }
    // Where there are keys, the guard of the route looks at this after the key.
    if (refusal === undefined && keys === undefined) refusal = refuseBody(request);
    if (refusal === undefined) done();
    else if (refusal !== "answered") sendProblem(reply, refusal);
  });
  boundBodies(app, {
    heldBytesMax: heldBodyBytesMax ?? HTTP_LIMITS.heldBodyBytesMax,
    smallBytes: HTTP_LIMITS.bodyBytesMax,
  });
  app.decorateRequest("apiKey", null);
  if (keys !== undefined && access !== undefined) {
    guardRoutes(app, { keys, rules: access.rules, refuseBody, send: sendProblem });
  }
  app.setErrorHandler((error, request, reply) => answerError(explainError?.(error) ?? error, request, reply, logger));
  app.setNotFoundHandler((_request, reply) => void sendProblem(reply, new KithError("unknown-route")));
  if (metrics !== undefined) measureRequests(app, metrics);
  addHealthRoutes(app, checks, () => isClosing);

  app.addHook("preClose", (done) => {
    isClosing = true;
    if (app.server.listening) sweepConnections(app.server, connections);
    done();
  });
  app.addHook("onClose", async () => {
    keys?.close();
    pressure.stop();
  });
  return app;
}

function openKeys(access: HttpAccess | undefined, logger: Logger): KeyRing | undefined {
  const file = access?.config.API_KEYS_FILE;
  if (access === undefined || file === undefined) return undefined;
  const { KEY_ORDERS_PER_SECOND: orders = null, KEY_LOOKUPS_PER_SECOND: lookups = null } = access.config;
  return openKeyRing({ file, quotas: { orders, lookups }, logger });
}

/** Under pressure these still tell the truth: a process that is restarted for being busy makes the others busier. */
function isOperational(url: string | undefined): boolean {
  return url === "/livez" || url === "/readyz" || url === "/metrics";
}

/** Until the server has closed: a connection that was busy when it began becomes idle later. */
function sweepConnections(server: Server, connections: Connections): void {
  const closingSince = Date.now();
  const sweep = setInterval(() => {
    connections.closeIdle({ alsoUnfinishedRequests: Date.now() - closingSince > UNFINISHED_REQUEST_MS });
  }, SWEEP_MS);
  server.once("close", () => clearInterval(sweep));
}

/** What can be refused by the head of a request alone, before a byte of its body is read. */
function refuseEarly(
  request: FastifyRequest,
  reply: FastifyReply,
  isClosing: boolean,
  routes: RouteTable,
): KithError | "answered" | undefined {
  const { headers, rawHeaders, url } = request.raw;
  if (isClosing) {
    reply.header("connection", "close");
    return new KithError("shutting-down");
  }
  if (headers.host === undefined && request.raw.httpVersion === "1.1") return new KithError("invalid-request");
  if (rawHeaders.length > 2 * HTTP_LIMITS.headersMax) return new KithError("headers-too-large");
  if (url !== undefined && url.length > HTTP_LIMITS.urlLengthMax) return new KithError("uri-too-long");
  if (request.is404 || hasParameters(request.params)) {
    const refusal = refuseMethod(request, reply, routes);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function refuseBody(request: FastifyRequest): KithError | undefined {
  const { headers, method } = request.raw;
  if (!METHODS_WITH_BODY.has(method ?? "")) return undefined;
  const encoding = headers["content-encoding"];
  if (headers["content-type"] === undefined) return new KithError("unsupported-media-type");
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") return new KithError("unsupported-media-type");
  return undefined;
}

function refuseMethod(
  request: FastifyRequest,
  reply: FastifyReply,
  routes: RouteTable,
): KithError | "answered" | undefined {
  const methods = routes.methodsOf(pathOf(request.raw.url ?? ""));
  if (methods.includes(request.method)) return undefined;
  if (methods.length === 0) return new KithError("unknown-route");
  reply.header("allow", methods.join(", "));
  if (request.method !== "OPTIONS") return new KithError("method-not-allowed");
  reply.code(204).send();
  return "answered";
}

function hasParameters(params: unknown): boolean {
  for (const _name in params as object) return true;
  return false;
}

function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}

async function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): Promise<FastifyReply> {
  const kithError = toKithError(error);
  if (kithError.code === "internal") {
    logger.error({ err: error, method: request.method, route: request.routeOptions.url }, "request failed");
  }
  if (kithError.code === "body-too-large") {
    // Closing a socket with unread input resets it, and the client may never see why.
    await discardBody(request);
    reply.header("connection", "close");
  }
  return sendProblem(reply, kithError);
}

/** Reads on until the body ends, or a limit is reached. */
async function discardBody(request: FastifyRequest): Promise<void> {
  const { raw } = request;
  if (raw.complete || raw.destroyed) return;
  const done = Promise.withResolvers<void>();
  const timer = setTimeout(done.resolve, REFUSED_BODY_MS);
  let discardedBytes = 0;
  const onData = (chunk: Buffer) => {
    discardedBytes += chunk.length;
    if (discardedBytes > REFUSED_BODY_BYTES_MAX) done.resolve();
  };
  raw.on("data", onData).once("end", done.resolve).once("close", done.resolve).once("error", done.resolve);
  raw.resume();
  await done.promise;
  clearTimeout(timer);
  raw.off("data", onData);
}
