/** What one check found. Ids and counts only: a finding is printed, logged and sent on. */

/** `wrong` is 0 where all is well. `example` names the first that is wrong, such as "identity 5". */
export type Finding = {
  /** I1 to I10 for the database, R1 to R7 for the topic of resolved identities. */
  readonly rule: string;
  /** What must hold. */
  readonly about: string;
  readonly wrong: number;
  readonly example: string | undefined;
};

/** A finding as one line: `I1 ok` or `I1 12 wrong, e.g. identity 5`. */
export function describeFinding({ rule, wrong, example }: Finding): string {
  if (wrong === 0) return `${rule} ok`;
  return `${rule} ${wrong} wrong${example === undefined ? "" : `, e.g. ${example}`}`;
}

/** A finding that is still being made. */
export type OpenFinding = Finding & { wrong: number; example: string | undefined };

/** Nothing wrong so far. */
export function openFinding(rule: string, about: string): OpenFinding {
  return { rule, about, wrong: 0, example: undefined };
}

/** Adds what is wrong; the first example stays. */
export function noteWrong(finding: OpenFinding, wrong: number, example: string | null): void {
  finding.wrong += wrong;
  finding.example ??= example ?? undefined;
}
