/**
 * `/livez` and `/readyz`. Live: the process can still do its work, or should be restarted. Ready: it can do it now.
 */
import type { FastifyInstance, FastifyReply } from "fastify";

/** One thing a service's health depends on. */
export type HealthCheck = {
  readonly name: string;
  /** A failing `live` check asks for a restart; a failing `ready` check asks for patience. */
  readonly kind: "live" | "ready";
  /** True if all is well. A rejection or two seconds without an answer count as false. */
  readonly check: () => boolean | Promise<boolean>;
};

const CHECK_TIMEOUT_MS = 2_000;

/** Adds the two routes. `isClosing` turns `/readyz` to 503 before the last answers are given. */
export function addHealthRoutes(app: FastifyInstance, checks: readonly HealthCheck[], isClosing: () => boolean): void {
  const liveChecks = checks.filter((check) => check.kind === "live");
  app.get("/livez", async (_request, reply) => sendHealth(reply, await runChecks(liveChecks)));
  app.get("/readyz", async (_request, reply) => {
    const results = await runChecks(checks);
    return sendHealth(reply, isClosing() ? { ...results, process: "failing" } : results);
  });
}

type Results = Record<string, "ok" | "failing">;

function sendHealth(reply: FastifyReply, checks: Results): FastifyReply {
  const isOk = Object.values(checks).every((result) => result === "ok");
  return reply
    .code(isOk ? 200 : 503)
    .header("cache-control", "no-store")
    .send({ status: isOk ? "ok" : "failing", checks });
}

async function runChecks(checks: readonly HealthCheck[]): Promise<Results> {
  const passing = await Promise.all(checks.map(passes));
  const results: Results = {};
  // A part may have a live and a ready check under one name: it is well if both pass.
  for (const [index, { name }] of checks.entries()) {
    results[name] = passing[index] && results[name] !== "failing" ? "ok" : "failing";
  }
  return results;
}

async function passes(check: HealthCheck): Promise<boolean> {
  const timeout = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => timeout.resolve(false), CHECK_TIMEOUT_MS);
  // A rejection is an answer here; the part that is checked logs its own troubles.
  const answer = Promise.resolve()
    .then(check.check)
    .catch(() => false);
  const isPassing = await Promise.race([answer, timeout.promise]);
  clearTimeout(timer);
  return isPassing;
}
