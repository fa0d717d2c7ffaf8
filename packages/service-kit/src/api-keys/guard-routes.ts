/**
 * Who may call what. Each route of an app gets a rule by its address when it is added; one without a rule needs a key
 * with scope `admin`, so that a route somebody forgot is closed rather than open.
 */
import { KithError } from "@kith/contracts";
import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
  preHandlerHookHandler,
} from "fastify";
import type { ApiKey, KeyRing, QuotaName } from "./key-ring.ts";
import { type KeyScope, scopeBit, scopeBits } from "./key-scopes.ts";
import { takeFrom } from "./quota.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The key a request came with; null where none is asked for. */
    apiKey: ApiKey | null;
  }
}

/** A key with one of the scopes is needed, and each request, or item of a batch, counts against these quotas. */
export type RouteRule = { readonly scopes: readonly KeyScope[]; readonly quotas?: readonly QuotaName[] };

/** Rules by address as it is given to Fastify, or by its beginning: `/v1/*`. The longest that fits counts. */
export type RouteRules = Readonly<Record<string, RouteRule | "open">>;

const CLOSED: RouteRule = { scopes: ["admin"] };
/** The operational routes are the same everywhere. Health and the description of the API tell nothing of anybody. */
const OPERATIONAL: RouteRules = {
  "/livez": "open",
  "/readyz": "open",
  "/openapi.json": "open",
  "/docs": "open",
  "/docs/*": "open",
  "/metrics": CLOSED,
};

export type GuardOptions = {
  readonly keys: KeyRing;
  readonly rules: RouteRules;
  /** Refuses what is wrong with the head of a body. Here, because a caller without a key is told of the key first. */
  readonly refuseBody: (request: FastifyRequest) => KithError | undefined;
  readonly send: (reply: FastifyReply, error: KithError) => unknown;
};

/** Puts a guard before every route that is added from now on. */
export function guardRoutes(app: FastifyInstance, { keys, rules, refuseBody, send }: GuardOptions): void {
  const allRules = { ...OPERATIONAL, ...rules };
  app.addHook("onRoute", (route) => {
    const rule = ruleOf(route.url, allRules);
    const refuseCaller = rule === "open" ? () => undefined : createGate(keys, rule);
    const enter: onRequestHookHandler = (request, reply, done) => {
      const refusal = refuseCaller(request, reply) ?? refuseBody(request);
      if (refusal === undefined) done();
      else send(reply, refusal);
    };
    route.onRequest = [enter, ...listOf(route.onRequest)];
    if (rule === "open" || rule.quotas === undefined || !route.url.endsWith("/batch")) return;

    // How many items a batch has is known once it is read; the first of them has been paid for.
    const { quotas } = rule;
    const payForItems: preHandlerHookHandler = (request, reply, done) => {
      const items = Array.isArray(request.body) ? request.body.length : 1;
      const refusal = items > 1 && request.apiKey !== null ? spend(request.apiKey, quotas, items - 1) : undefined;
      if (refusal === undefined) done();
      else send(reply, refusal);
    };
    route.preHandler = [payForItems, ...listOf(route.preHandler)];
  });
}

type Gate = (request: FastifyRequest, reply: FastifyReply) => KithError | undefined;

/** Runs before each request: a look into a map, two comparisons and a subtraction. */
function createGate(keys: KeyRing, { scopes, quotas = [] }: RouteRule): Gate {
  const neededBits = scopeBits(scopes);
  const forbiddenChallenge = `Bearer error="insufficient_scope", scope="${scopes.join(" ")}"`;
  return function refuseCaller(request, reply) {
    const { authorization } = request.raw.headers;
    const key = keys.find(authorization);
    if (key === undefined) {
      reply.header("www-authenticate", authorization === undefined ? "Bearer" : 'Bearer error="invalid_token"');
      return new KithError("unauthenticated");
    }
    if ((key.scopeBits & neededBits) === 0) {
      reply.header("www-authenticate", forbiddenChallenge);
      return new KithError("forbidden");
    }
    request.apiKey = key;
    return spend(key, quotas, 1);
  };
}

/** True if the request came with a key that has the scope: false while no keys are asked for. */
export function hasScope(request: FastifyRequest, scope: KeyScope): boolean {
  return request.apiKey !== null && (request.apiKey.scopeBits & scopeBit(scope)) !== 0;
}

function spend(key: ApiKey, quotas: readonly QuotaName[], count: number): KithError | undefined {
  for (const name of quotas) {
    const quota = key[name];
    const waitMs = quota === undefined ? 0 : takeFrom(quota, count, performance.now());
    if (waitMs > 0) return new KithError("rate-limited", {}, { retryAfterSeconds: Math.ceil(waitMs / 1_000) });
  }
  return undefined;
}

function ruleOf(url: string, rules: RouteRules): RouteRule | "open" {
  const exact = rules[url];
  if (exact !== undefined) return exact;
  const fitting = Object.keys(rules).filter((at) => at.endsWith("/*") && url.startsWith(at.slice(0, -1)));
  const longest = fitting.sort((a, b) => b.length - a.length)[0];
  return (longest === undefined ? undefined : rules[longest]) ?? CLOSED;
}

function listOf<Hook>(hooks: Hook | Hook[] | undefined): Hook[] {
  if (hooks === undefined) return [];
  return Array.isArray(hooks) ? hooks : [hooks];
}
