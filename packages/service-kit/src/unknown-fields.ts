/** The fields of a request that nobody knows, told by name where the name can be told. */
import type { FieldError } from "@kith/contracts";

/** A property's name is told back only if it cannot be a value that was put in the wrong place. */
const TELLABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,39}$/;
const ERRORS_MAX = 16;

/** An `unknown-field` for each, up to a limit. `at` is put before field names: `items/3/` in a batch. */
export function unknownFields(
  fields: Readonly<Record<string, unknown>>,
  known: ReadonlySet<string>,
  at: string,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const name in fields) {
    if (known.has(name) || errors.length >= ERRORS_MAX) continue;
    errors.push({ field: at + (TELLABLE_NAME.test(name) ? name : "?"), code: "unknown-field" });
  }
  return errors;
}
