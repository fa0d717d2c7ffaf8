/** What orders are about, as shares of one; the rest are from new people. */

export type MixName = "mixed" | "all-new" | "all-returning" | "merge-heavy";

type Mix = {
  /** Says again what is known. */
  readonly returning: number;
  /** A new email or phone together with a known one. */
  readonly newIdentifiers: number;
  /** An email of one person together with the phone of another. */
  readonly merges: number;
};

export const mixes: Readonly<Record<MixName, Mix>> = {
  mixed: { returning: 0.6, newIdentifiers: 0.15, merges: 0.05 },
  "all-new": { returning: 0, newIdentifiers: 0, merges: 0 },
  "all-returning": { returning: 1, newIdentifiers: 0, merges: 0 },
  "merge-heavy": { returning: 0.15, newIdentifiers: 0.15, merges: 0.25 },
};
