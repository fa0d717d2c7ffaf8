/** Waiting for something to become true, with a limit that says what never did. */
import { setTimeout as delay } from "node:timers/promises";

/** How long to wait and how often to look. */
export type UntilOptions = { readonly limitMs?: number; readonly pollMs?: number };

/** Looks again and again until `look` answers with something true, and returns that. `what` is for the error. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  { limitMs = 60_000, pollMs = 25 }: UntilOptions = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found) return found as NonNullable<T>;
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain until: ${what}`);
    await delay(pollMs);
  }
}
