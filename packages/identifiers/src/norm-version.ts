/**
 * Version of the canonical forms and of the built-in junk list. Every record carries the version its writer applied.
 * Raise it whenever one input's answer changes, an update of the phone metadata or of the Unicode tables included.
 */
export const NORM_VERSION = 1;
