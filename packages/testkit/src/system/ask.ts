/** HTTP as a client of Kith speaks it: JSON there and back, with the status and headers to look at. */

/** An answer, its body parsed. */
export type Answer<Body> = { readonly status: number; readonly headers: Headers; readonly body: Body };

/** What to send. A string is sent as it is, anything else as JSON. */
export type AskOptions = {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly limitMs?: number;
};

/** Sends one request: a POST if there is a body, else a GET. Rejects if there is no answer within `limitMs`. */
export async function ask<Body = unknown>(url: string, options: AskOptions = {}): Promise<Answer<Body>> {
  const { body, headers = {}, limitMs = 40_000 } = options;
  const json = typeof body === "string" ? body : JSON.stringify(body);
  const answer = await fetch(url, {
    method: options.method ?? (body === undefined ? "GET" : "POST"),
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    body: body === undefined ? null : json,
    signal: AbortSignal.timeout(limitMs),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: (text === "" ? undefined : JSON.parse(text)) as Body };
}
