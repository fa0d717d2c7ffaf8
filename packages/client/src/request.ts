/** One HTTP request → a checked answer, or one of the client's errors. */
import { parseJson } from "@kith/contracts";
import type { z } from "zod";
import { problemBody } from "./answers.ts";
import { KithProblem, KithUnreachable, UnexpectedAnswer } from "./client-errors.ts";

/** What a call asks for. */
export type RequestInput = {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
};

/** An answer with a 2xx status. `read` throws an UnexpectedAnswer where the body is not what the schema says. */
export type Answer = {
  readonly status: number;
  /** A header's value; an empty text if it is not there. */
  header(name: string): string;
  read<T>(schema: z.ZodType<T>): T;
};

export type SendRequest = (input: RequestInput) => Promise<Answer>;

/** Requests to one service. */
export function createRequest(service: {
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
}): SendRequest {
  const baseUrl = service.baseUrl.replace(/\/+$/, "");

  return async function sendRequest({ method, path, body, headers, timeoutMs, signal }) {
    const timeout = AbortSignal.timeout(timeoutMs);
    let response: Response;
    let text: string;
    try {
      response = await fetch(baseUrl + path, {
        method,
        headers: {
          accept: "application/json, application/problem+json",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...service.headers,
          ...headers,
        },
        body: body === undefined ? null : JSON.stringify(body),
        redirect: "error",
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      text = await response.text();
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      const what = timeout.aborted ? `did not answer within ${timeoutMs} ms` : "is not reachable";
      throw new KithUnreachable(`${baseUrl} ${what}`, { cause: error });
    }
    if (!response.ok) throw readProblem(response, text);
    return {
      status: response.status,
      header: (name) => response.headers.get(name) ?? "",
      read(schema) {
        const parsed = schema.safeParse(parseJson(text));
        if (!parsed.success) throw new UnexpectedAnswer(response.status);
        return parsed.data;
      },
    };
  };
}

function readProblem(response: Response, text: string): KithProblem | UnexpectedAnswer {
  const parsed = problemBody.safeParse(parseJson(text));
  if (!parsed.success) return new UnexpectedAnswer(response.status);
  const { code, ...details } = parsed.data;
  const retryAfter = /^[0-9]{1,9}$/.exec(response.headers.get("retry-after") ?? "")?.[0];
  return new KithProblem(code, {
    ...details,
    retryAfterSeconds: retryAfter === undefined ? undefined : Number(retryAfter),
  });
}
