/** The HTTP client: one function per route, over the runtime's own `fetch`. Answers are checked, problems are thrown. */
import { type ContactBody, type LookupAnswer, lookupAnswer } from "@kith/contracts";
import {
  type Accepted,
  acceptedBody,
  identifyBody,
  type Progress,
  pendingBody,
  progressBody,
  type ReceiptStatus,
  receiptBody,
} from "./answers.ts";
import { createRequest } from "./request.ts";

/** Where Kith is. */
export type KithClientOptions = {
  /** Base URL of the write side, by default `http://127.0.0.1:3000`. */
  readonly ingressUrl?: string;
  /** Base URL of the read side, by default `http://127.0.0.1:3001`. */
  readonly queryUrl?: string;
  /** How long an answer may take beyond the wait that a call asks for, by default 10,000. */
  readonly timeoutMs?: number;
  /** A key made by `kith keys create`, where the services ask for one: sent to both as `Authorization: Bearer`. */
  readonly apiKey?: string;
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>>;
};

/** What an order or a lookup knows of a person: one of the two, or both. */
export type IdentifierInput = {
  readonly email?: string | null | undefined;
  readonly phoneNumber?: string | number | null | undefined;
};

/** An order as `POST /v1/orders` takes it. */
export type OrderInput = IdentifierInput & {
  /** Names the order for retries; by default Kith makes one. */
  readonly eventId?: string | undefined;
  readonly orderId?: string | undefined;
  /** RFC 3339. Stored, but does not decide age. */
  readonly occurredAt?: string | undefined;
  readonly source?: string | undefined;
};

/** What `identify` comes to: the person, or only the receipt if the wait ran out first. */
export type IdentifyAnswer =
  | {
      readonly kind: "resolved";
      readonly contact: ContactBody;
      readonly receipt: string;
      /** The contact shows only the first identifiers of a large identity. */
      readonly isTruncated: boolean;
    }
  | ({ readonly kind: "accepted" } & Accepted);

/** What `lookup` comes to. `pending`: the receipt's observation is not in the answer yet. */
export type LookupResult = ({ readonly kind: "found" } & LookupAnswer) | { readonly kind: "pending" };

/** Of every call: a signal to give up waiting. */
export type CallOptions = { readonly signal?: AbortSignal | undefined };

/**
 * The calls. Each rejects with a {@link KithProblem} if Kith refuses, a {@link KithUnreachable} if no answer comes, an
 * {@link UnexpectedAnswer} if something else answers, and with the reason of the caller's own signal.
 */
export type KithClient = {
  /** Tells Kith of an order and waits for the person it is from: `POST /api/identify`. */
  identify(
    identifiers: IdentifierInput,
    options?: CallOptions & { idempotencyKey?: string; waitSeconds?: number },
  ): Promise<IdentifyAnswer>;
  /** Tells Kith of an order: `POST /v1/orders`. Resolves once it is in the log. */
  publishOrder(order: OrderInput, options?: CallOptions): Promise<Accepted>;
  /** The person of an email, a phone or both: `POST /v1/contacts/lookup`. With a receipt, as of that order at least. */
  lookup(
    identifiers: IdentifierInput & { receipt?: string | undefined; waitMs?: number | undefined },
    options?: CallOptions,
  ): Promise<LookupResult>;
  /** The person of a contact id, also of an old one: `GET /v1/contacts/{contactId}`. */
  contact(contactId: number, options?: CallOptions): Promise<LookupAnswer>;
  /** The person of an identity id, also of an absorbed one: `GET /v1/identities/{identityId}`. */
  identity(identityId: number, options?: CallOptions): Promise<LookupAnswer>;
  /** What has become of an order: `GET /v1/receipts/{receipt}`. */
  receipt(receipt: string, options?: CallOptions & { waitMs?: number }): Promise<ReceiptStatus>;
  /** How far the log is settled and relayed: `GET /v1/progress`. */
  progress(options?: CallOptions): Promise<Progress>;
};

const DEFAULTS = { ingressUrl: "http://127.0.0.1:3000", queryUrl: "http://127.0.0.1:3001", timeoutMs: 10_000 } as const;

/** The longest that Kith waits, which is what a call that names no wait of its own must be ready for. */
const SERVER_WAIT_MS_MAX = 30_000;

/**
 * Makes a client.
 *
 * @example
 * const kith = createKithClient({ ingressUrl: "http://127.0.0.1:3000", queryUrl: "http://127.0.0.1:3001" });
 * const answer = await kith.identify({ email: "mcfly@hillvalley.edu", phoneNumber: "123456" });
 * if (answer.kind === "resolved") console.log(answer.contact.primaryContactId);
 */
export function createKithClient(options: KithClientOptions = {}): KithClient {
  const { timeoutMs = DEFAULTS.timeoutMs, apiKey } = options;
  const headers = { ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }), ...options.headers };
  const ingress = createRequest({ baseUrl: options.ingressUrl ?? DEFAULTS.ingressUrl, headers });
  const query = createRequest({ baseUrl: options.queryUrl ?? DEFAULTS.queryUrl, headers });

  return {
    async identify(identifiers, { signal, idempotencyKey, waitSeconds } = {}) {
      const answer = await ingress({
        method: "POST",
        path: "/api/identify",
        body: identifiers,
        headers: {
          ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
          ...(waitSeconds === undefined ? {} : { prefer: `wait=${waitSeconds}` }),
        },
        timeoutMs: timeoutMs + (waitSeconds === undefined ? SERVER_WAIT_MS_MAX : waitSeconds * 1_000),
        signal,
      });
      if (answer.status === 202) return { kind: "accepted", ...answer.read(acceptedBody) };
      return {
        kind: "resolved",
        contact: answer.read(identifyBody).contact,
        receipt: answer.header("kith-receipt"),
        isTruncated: answer.header("kith-truncated") === "true",
      };
    },

    async publishOrder(order, { signal } = {}) {
      const answer = await ingress({ method: "POST", path: "/v1/orders", body: order, timeoutMs, signal });
      return answer.read(acceptedBody);
    },

    async lookup(request, { signal } = {}) {
      const answer = await query({
        method: "POST",
        path: "/v1/contacts/lookup",
        body: request,
        timeoutMs: timeoutMs + (request.waitMs ?? 0),
        signal,
      });
      if (answer.status === 202) return { kind: answer.read(pendingBody).status };
      return { kind: "found", ...answer.read(lookupAnswer) };
    },

    async contact(contactId, { signal } = {}) {
      const answer = await query({ method: "GET", path: `/v1/contacts/${contactId}`, timeoutMs, signal });
      return answer.read(lookupAnswer);
    },

    async identity(identityId, { signal } = {}) {
      const answer = await query({ method: "GET", path: `/v1/identities/${identityId}`, timeoutMs, signal });
      return answer.read(lookupAnswer);
    },

    async receipt(receipt, { signal, waitMs = 0 } = {}) {
      const path = `/v1/receipts/${encodeURIComponent(receipt)}?waitMs=${waitMs}`;
      const answer = await query({ method: "GET", path, timeoutMs: timeoutMs + waitMs, signal });
      return answer.read(receiptBody);
    },

    async progress({ signal } = {}) {
      const answer = await query({ method: "GET", path: "/v1/progress", timeoutMs, signal });
      return answer.read(progressBody);
    },
  };
}
