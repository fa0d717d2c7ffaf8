import { describe, expect, it } from "vitest";
import { createHttpApp } from "./create-http-app.ts";
import { createLogger } from "./create-logger.ts";
import { createMetrics, type Metrics } from "./metrics.ts";

/** The lines of a metric, its own and those of its series. */
async function linesOf(metrics: Metrics, name: string): Promise<string[]> {
  const text = await metrics.text();
  return text.split("\n").filter((line) => line.startsWith(name) || line.startsWith(`# TYPE ${name} `));
}

describe("metrics", () => {
  it("counts, one number or one for each value of a label", async () => {
    const metrics = createMetrics();
    const orders = metrics.count("kith_orders_total", "Orders.");
    const letters = metrics.counts("kith_letters_total", "Letters.", "code", ["junk", "schema"]);
    orders.n += 2;
    letters.junk.n += 3;
    expect(await linesOf(metrics, "kith_orders_total")).toEqual([
      "# TYPE kith_orders_total counter",
      "kith_orders_total 2",
    ]);
    // As often as it is asked.
    expect(await linesOf(metrics, "kith_orders_total")).toContain("kith_orders_total 2");
    expect(await linesOf(metrics, "kith_letters_total")).toEqual([
      "# TYPE kith_letters_total counter",
      'kith_letters_total{code="junk"} 3',
      'kith_letters_total{code="schema"} 0',
    ]);
  });

  it("reads what it is told to read when somebody asks", async () => {
    const metrics = createMetrics();
    let waiting: number | undefined = 1;
    metrics.gauge("kith_waiting", "Waiting.", () => waiting);
    metrics.gauges("kith_lag", "Lag.", "partition", () => (waiting === 7 ? [] : [[3, 5]]));
    expect(await linesOf(metrics, "kith_waiting")).toEqual(["# TYPE kith_waiting gauge", "kith_waiting 1"]);
    expect(await linesOf(metrics, "kith_lag")).toEqual(["# TYPE kith_lag gauge", 'kith_lag{partition="3"} 5']);
    waiting = 7;
    expect(await linesOf(metrics, "kith_waiting")).toContain("kith_waiting 7");
    expect(await linesOf(metrics, "kith_lag")).toEqual(["# TYPE kith_lag gauge"]);
    waiting = undefined;
    expect(await linesOf(metrics, "kith_waiting")).toEqual(["# TYPE kith_waiting gauge"]);
  });

  it("spreads values over buckets, each with all below it", async () => {
    const metrics = createMetrics();
    const sizes = metrics.distribution("kith_size", "Sizes.", [1, 10]);
    for (const value of [0.5, 1, 1.5, 10, 11]) sizes.observe(value);
    expect(await linesOf(metrics, "kith_size")).toEqual([
      "# TYPE kith_size histogram",
      'kith_size_bucket{le="1"} 2',
      'kith_size_bucket{le="10"} 4',
      'kith_size_bucket{le="+Inf"} 5',
      "kith_size_sum 24",
      "kith_size_count 5",
    ]);
  });

  it("tells of the process", async () => {
    const text = await createMetrics().text();
    for (const name of [
      "process_cpu_seconds_total",
      "process_resident_memory_bytes",
      "nodejs_eventloop_lag_p99_seconds",
    ])
      expect(text).toMatch(new RegExp(`^${name} [0-9]`, "m"));
  });
});

describe("/metrics of an app", () => {
  it("has the requests by route and status, and never an address", async () => {
    const metrics = createMetrics();
    const logger = createLogger({ service: "test", level: "silent" });
    const app = createHttpApp({ logger, checks: [], metrics });
    app.get("/v1/things/:id", async (_request, reply) => reply.code(202).send({}));
    await app.inject("/v1/things/lorraine");
    await app.inject("/v1/things/marty");
    await app.inject({ method: "DELETE", url: "/v1/things/marty" });
    await app.inject("/lorraine@hillvalley.edu");
    await app.inject("/livez");
    const answer = await app.inject("/metrics");
    await app.close();
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
    const counts = answer.body
      .split("\n")
      .filter((line) => line.startsWith("kith_http_request_duration_seconds_count"));
    expect(counts.sort()).toEqual([
      'kith_http_request_duration_seconds_count{route="/livez",status="200"} 1',
      'kith_http_request_duration_seconds_count{route="/v1/things/:id",status="202"} 2',
      'kith_http_request_duration_seconds_count{route="none",status="404"} 1',
      'kith_http_request_duration_seconds_count{route="none",status="405"} 1',
    ]);
    expect(answer.body).not.toMatch(/marty|lorraine/);
  });

  it("is not there without metrics", async () => {
    const app = createHttpApp({ logger: createLogger({ service: "test", level: "silent" }), checks: [] });
    expect((await app.inject("/metrics")).statusCode).toBe(404);
    await app.close();
  });
});
