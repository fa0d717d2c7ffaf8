/**
 * Arrays as PostgreSQL array literals. pg would do the same element by element with escapes for every type; here the
 * common case, a text with nothing to escape, is one test and one concatenation.
 */

const NEEDS_ESCAPE = /["\\]/;

/** `bigint[]`, `int[]` or `smallint[]` */
export function numberArray(values: readonly number[]): string {
  return `{${values.join(",")}}`;
}

/** `uuid[]` */
export function uuidArray(values: readonly string[]): string {
  return `{${values.join(",")}}`;
}

/** `text[]`; null stays NULL. */
export function textArray(values: readonly (string | null)[]): string {
  if (values.length === 0) return "{}";
  // One string out of all, where putting them together one by one makes several for each.
  if (values.every(isPlain)) return `{"${values.join('","')}"}`;
  return `{${values.map(quoted).join(",")}}`;
}

function isPlain(value: string | null): boolean {
  return value !== null && !NEEDS_ESCAPE.test(value);
}

function quoted(value: string | null): string {
  return value === null ? "NULL" : `"${value.replace(/["\\]/g, "\\$&")}"`;
}

/** `bytea[]`; null stays NULL. */
export function bytesArray(values: readonly (Uint8Array | null)[]): string {
  return `{${values.map((value) => (value === null ? "NULL" : `"\\\\x${Buffer.from(value).toString("hex")}"`)).join(",")}}`;
}
