/** How long requests take, by route and status, and `GET /metrics`. What a request costs here is an array look-up. */
import type { FastifyInstance, onResponseHookHandler } from "fastify";
import { type Distribution, type Metrics, SECONDS_BOUNDS } from "./metrics.ts";

/** For requests that no route takes: their addresses are anybody's. */
const NO_ROUTE = "none";

/** Measures the routes that are added from now on, and adds the one that shows all metrics. */
export function measureRequests(app: FastifyInstance, metrics: Metrics): void {
  const durations = metrics.distributions(
    "kith_http_request_duration_seconds",
    "Time from the head of a request to the end of its answer.",
    SECONDS_BOUNDS,
  );
  const byRoute = new Map<string, onResponseHookHandler>();

  function measureRoute(route: string): onResponseHookHandler {
    const known = byRoute.get(route);
    if (known !== undefined) return known;
    const byStatus: (Distribution | undefined)[] = [];
    const measure: onResponseHookHandler = (_request, reply, done) => {
      const { statusCode } = reply;
      let distribution = byStatus[statusCode];
      if (distribution === undefined) {
        distribution = durations.of({ route, status: statusCode });
        byStatus[statusCode] = distribution;
      }
      distribution.observe(reply.elapsedTime / 1_000);
      done();
    };
    byRoute.set(route, measure);
    return measure;
  }

  const measureOthers = measureRoute(NO_ROUTE);
  app.addHook("onResponse", function measureUnknown(request, reply, done) {
    if (request.is404) measureOthers.call(this, request, reply, done);
    else done();
  });
  app.addHook("onRoute", (route) => {
    const others = route.onResponse ?? [];
    route.onResponse = [measureRoute(route.url), ...(Array.isArray(others) ? others : [others])];
  });
  app.get("/metrics", async (_request, reply) =>
    reply
      .header("content-type", metrics.contentType)
      .header("cache-control", "no-store")
      .send(await metrics.text()),
  );
}
