/**
 * The octets of large bodies that a process holds at once, over all connections. Each body has a limit, and each request
 * a time; but a few hundred clients who send slowly could still hold hundreds of megabytes. Above the limit whoever
 * sends slowest is refused with `overloaded`, so that those who send as fast as they can get through.
 */
import type { IncomingMessage } from "node:http";
import { KithError } from "@kith/contracts";
import type { FastifyInstance, preParsingHookHandler } from "fastify";

type HeldBody = { readonly raw: IncomingMessage; readonly sinceMs: number; bytes: number; stop: () => void };

/** Younger bodies are not called slow: they may only have begun. */
const SLOW_AFTER_MS = 1_000;

/** Watches the routes added from now on that take more than `smallBytes`: what is small, connections bound. */
export function boundBodies(app: FastifyInstance, limits: { heldBytesMax: number; smallBytes: number }): void {
  const bodies = new Set<HeldBody>();
  let held = 0;

  function shed(current: HeldBody): void {
    const nowMs = performance.now();
    let slowest = current;
    let lowest = Number.POSITIVE_INFINITY;
    for (const one of bodies) {
      const ageMs = nowMs - one.sinceMs;
      if (one.raw.complete || ageMs < SLOW_AFTER_MS || one.bytes / ageMs >= lowest) continue;
      slowest = one;
      lowest = one.bytes / ageMs;
    }
    letGo(slowest);
    // Whoever reads the body passes it on as the error of the request; if nobody does, there is nobody to answer.
    if (slowest.raw.listenerCount("error") > 0) slowest.raw.emit("error", new KithError("overloaded"));
    else slowest.raw.destroy();
  }

  function letGo(body: HeldBody): void {
    if (!bodies.delete(body)) return;
    held -= body.bytes;
    body.stop();
  }

  const hold: preParsingHookHandler = (request, reply, payload, done) => {
    const { raw } = request;
    const onData = (chunk: Buffer): void => {
      body.bytes += chunk.length;
      held += chunk.length;
      while (held > limits.heldBytesMax && bodies.has(body)) shed(body);
    };
    const body: HeldBody = { raw, sinceMs: performance.now(), bytes: 0, stop: () => raw.off("data", onData) };
    bodies.add(body);
    raw.on("data", onData);
    // What was read of it lives as long as its answer is owed.
    reply.raw.once("close", () => letGo(body));
    done(null, payload);
  };

  app.addHook("onRoute", (route) => {
    if ((route.bodyLimit ?? 0) <= limits.smallBytes) return;
    const others = route.preParsing ?? [];
    route.preParsing = [hold, ...(Array.isArray(others) ? others : [others])];
  });
}
