/** Whether a service is there and says that it is ready. */
import { isUnanswered } from "./is-unanswered.ts";

/** `/readyz` of a service's base URL answers 200 within `limitMs`. */
export async function isReady(url: string, limitMs: number): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(limitMs) });
    await answer.body?.cancel();
    return answer.status === 200;
  } catch (error) {
    if (isUnanswered(error)) return false;
    throw error;
  }
}
