import { KithError } from "@kith/contracts";

/** A path's id: decimal, 1 … 2^53-1, no leading zero. Throws `invalid-id`. */
export function parseId(text: string, field: string): number {
  const id = /^[1-9][0-9]{0,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(id)) throw new KithError("invalid-id", { errors: [{ field, code: "invalid-id" }] });
  return id;
}
