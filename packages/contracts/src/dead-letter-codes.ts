/** Why a record of `order.identity` can never be applied. The order is the order in which they are tested. */
export const DEAD_LETTER_CODES = {
  "not-json": "The value is empty, not UTF-8 JSON, or not an object",
  "unknown-version": "The record's version is not one this reconciler knows",
  schema: "A field is missing or has the wrong type",
  "no-identifier": "The record has neither an email nor a phone",
  text: "A text has a NUL, a lone surrogate or invalid UTF-8",
  "too-long": "A text is longer than its limit",
  "not-canonical": "The email or phone is not in canonical form",
  junk: "The email or phone is a placeholder of the built-in list",
  "seen-at": "seenAt is missing, out of range, or more than an hour past the record's own timestamp",
  unprocessable: "The record failed alone three times for a reason nobody foresaw",
} as const;

/** A code of {@link DEAD_LETTER_CODES}. */
export type DeadLetterCode = keyof typeof DEAD_LETTER_CODES;

/** The headers a dead letter carries besides those of the original record. Values are text. */
export const DEAD_LETTER_HEADERS = {
  code: "kith-code",
  reason: "kith-reason",
  topic: "kith-topic",
  partition: "kith-partition",
  offset: "kith-offset",
  /** Only where the copy has less than the record had: the size of the whole value, its SHA-256 in hex, … */
  valueBytes: "kith-value-bytes",
  valueSha256: "kith-value-sha256",
  /** … the size of the whole key, and of all headers. */
  keyBytes: "kith-key-bytes",
  headersBytes: "kith-headers-bytes",
} as const;

/** The headers of a record that was published again from a dead letter: the letter's place, and how often it was. */
export const REDRIVE_HEADERS = {
  from: "kith-redriven-from",
  attempt: "kith-redrive-attempt",
} as const;
