/** What a key may be allowed to do. No scope includes another: a key that does two things has two. */

/**
 * `ingest`: send orders. `import`: send orders with an age of one's own. `read`: look people up. `admin`: operate.
 */
export const KEY_SCOPES = ["ingest", "import", "read", "admin"] as const;

/** One of {@link KEY_SCOPES}. */
export type KeyScope = (typeof KEY_SCOPES)[number];

/** A set of scopes as bits: what a request is checked with. */
export function scopeBits(scopes: readonly KeyScope[]): number {
  return scopes.reduce((bits, scope) => bits | scopeBit(scope), 0);
}

/** The set of one scope. */
export function scopeBit(scope: KeyScope): number {
  return 1 << KEY_SCOPES.indexOf(scope);
}
