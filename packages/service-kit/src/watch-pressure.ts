/**
 * Tells when the process has more work than time: its timers come late again and again. New requests are then refused
 * with `overloaded`, so that those that were let in are still answered. Costs one timer, and a comparison per request.
 */

/** Tells whether new work should be refused now. */
export type Pressure = { isHigh(): boolean; stop(): void };

export type PressureLimits = {
  readonly sampleMs: number;
  /** How late a timer may come. One collection of garbage or one large body must not count ... */
  readonly delayMsMax: number;
  /** ... so only so many late ones in a row do. */
  readonly lateSamplesMax: number;
};

/** Watches until it is stopped. */
export function watchPressure({ sampleMs, delayMsMax, lateSamplesMax }: PressureLimits): Pressure {
  let lateSamples = 0;
  let dueAtMs = performance.now() + sampleMs;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    lateSamples = nowMs - dueAtMs > delayMsMax ? lateSamples + 1 : 0;
    dueAtMs = nowMs + sampleMs;
  }, sampleMs).unref();
  return {
    isHigh: () => lateSamples >= lateSamplesMax,
    stop: () => clearInterval(timer),
  };
}
