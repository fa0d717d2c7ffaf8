/** The `Idempotency-Key` header: where it is given, it is the eventId. */
import { KithError } from "@kith/contracts";

const KEY = /^[\x20-\x7e]{1,255}$/;
const FIELD = "Idempotency-Key";

/** The key, or undefined if there is none. */
export function readIdempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === "string" && KEY.test(header)) return header;
  throw new KithError("invalid-idempotency-key", { errors: [{ field: FIELD, code: "invalid-idempotency-key" }] });
}

/** The event id of an order that may name it in the header, in the body, or in both alike. */
export function resolveEventId(key: string | undefined, bodyEventId: string | undefined): string | undefined {
  if (key !== undefined && bodyEventId !== undefined && key !== bodyEventId) {
    throw new KithError("invalid-idempotency-key", {
      errors: [{ field: "eventId", code: "differs-from-idempotency-key" }],
      detail: "Idempotency-Key and eventId are both given and differ",
    });
  }
  return key ?? bodyEventId;
}

/** A batch has an eventId per row, and one key cannot stand for all. */
export function refuseIdempotencyKey(header: string | string[] | undefined): void {
  if (header === undefined) return;
  throw new KithError("invalid-idempotency-key", {
    errors: [{ field: FIELD, code: "not-for-batches" }],
    detail: "in a batch each row has its own eventId",
  });
}
