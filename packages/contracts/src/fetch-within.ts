/**
 * An HTTP request that ends within its limit, whatever becomes of its connection. `AbortSignal.timeout` alone does not
 * promise that: a `fetch` that undici has lost sight of is collected as garbage together with its signal, and whoever
 * awaits it waits for ever (https://github.com/nodejs/undici/pull/4984). The timer here holds on to both.
 */

/** What to send, as for `fetch`, and how long the whole answer may take. */
export type FetchWithinOptions = Omit<RequestInit, "signal"> & {
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
};

/** An answer with its body read to the end. */
export type WholeAnswer = { readonly response: Response; readonly text: string };

/**
 * Sends one request. Rejects as `fetch` does: with a TypeError where nobody answers, with a DOMException named
 * TimeoutError after `limitMs`, and with the signal's reason once that is aborted.
 */
export async function fetchWithin(url: string, options: FetchWithinOptions): Promise<WholeAnswer> {
  const { limitMs, signal, ...init } = options;
  const ending = new AbortController();
  const ended = Promise.withResolvers<never>();
  const end = (reason: unknown) => {
    ended.reject(reason);
    ending.abort(reason);
  };
  const timer = setTimeout(() => end(new DOMException(`no answer within ${limitMs} ms`, "TimeoutError")), limitMs);
  const abort = () => end(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted) abort();
  try {
    return await Promise.race([ended.promise, fetchWhole(url, { ...init, signal: ending.signal })]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

async function fetchWhole(url: string, init: RequestInit): Promise<WholeAnswer> {
  const response = await fetch(url, init);
  return { response, text: await response.text() };
}
