/** The `Prefer` header (RFC 7240): how long a client wants to wait for its answer. */

export type Preference = {
  /** Answer as soon as the order is in the log. */
  readonly isAsync: boolean;
  readonly waitMs: number | undefined;
  /** The `Preference-Applied` of the answer. */
  readonly applied: string | undefined;
};

const NO_PREFERENCE: Preference = { isAsync: false, waitMs: undefined, applied: undefined };
const HEADER_LENGTH_MAX = 1_024;

/**
 * Reads what this service honours: `respond-async` and `wait=N` in seconds, clamped. Both together ask for the answer
 * if it is there after N seconds. Of one preference given twice the first counts; what is unknown or unreadable is
 * ignored, as the RFC asks.
 */
export function readPrefer(header: string | string[] | undefined, waitMsMax: number): Preference {
  if (header === undefined) return NO_PREFERENCE;
  const text = typeof header === "string" ? header : header.join(",");
  if (text.length > HEADER_LENGTH_MAX) return NO_PREFERENCE;
  let isAsync = false;
  let seconds: number | undefined;
  for (const preference of text.split(",")) {
    const [name = "", value] = (preference.split(";")[0] as string).split("=").map((part) => part.trim());
    if (name.toLowerCase() === "respond-async") isAsync = true;
    const number = /^"?([0-9]{1,9})"?$/.exec(value ?? "")?.[1];
    if (name.toLowerCase() === "wait" && number !== undefined) seconds ??= Math.min(Number(number), waitMsMax / 1_000);
  }
  if (seconds !== undefined) return { isAsync: false, waitMs: seconds * 1_000, applied: `wait=${seconds}` };
  return isAsync ? { isAsync, waitMs: undefined, applied: "respond-async" } : NO_PREFERENCE;
}
