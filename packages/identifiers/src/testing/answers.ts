/** What a canonicaliser answers, for the tables of its tests. */

export const ok = (value: string) => ({ kind: "ok", value });
export const invalid = (reason: string) => ({ kind: "invalid", reason });
export const absent = { kind: "absent" };
export const junk = { kind: "junk" };
