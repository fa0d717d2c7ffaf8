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
  let out = "{";
  for (let i = 0; i < values.length; i++) {
    if (i > 0) out += ",";
    const value = values[i];
    if (value === null || value === undefined) out += "NULL";
    else out += `"${NEEDS_ESCAPE.test(value) ? value.replace(/["\\]/g, "\\$&") : value}"`;
  }
  return `${out}}`;
}

/** `bytea[]`; null stays NULL. */
export function bytesArray(values: readonly (Uint8Array | null)[]): string {
  return `{${values.map((value) => (value === null ? "NULL" : `"\\\\x${Buffer.from(value).toString("hex")}"`)).join(",")}}`;
}
