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
  if (!values.every(isPlainOrNull)) return `{${values.map(quoted).join(",")}}`;
  // One string out of all, where putting them together one by one makes several for each. A null joins as nothing, and
  // no text here is empty.
  const literal = `{"${values.join('","')}"}`;
  return values.includes(null) ? literal.replaceAll('""', "NULL") : literal;
}

function isPlainOrNull(value: string | null): boolean {
  return value === null || (value !== "" && !NEEDS_ESCAPE.test(value));
}

function quoted(value: string | null): string {
  return value === null ? "NULL" : `"${value.replace(/["\\]/g, "\\$&")}"`;
}

/** `bytea[]`; null stays NULL. */
export function bytesArray(values: readonly (Uint8Array | null)[]): string {
  return `{${values.map((value) => (value === null ? "NULL" : `"\\\\x${Buffer.from(value).toString("hex")}"`)).join(",")}}`;
}
