/** One measured figure, and how it compares: with the limit of the same run, and with its target. */

export type Result = {
  readonly part: string;
  readonly case: string;
  readonly figure: number;
  readonly unit: string;
  /** What the same machine did in the same run without our work in between; null where nothing bounds the figure. */
  readonly limit: number | null;
  /** figure / limit */
  readonly ratio: number | null;
  readonly target: string | null;
  readonly met: boolean | null;
};

/** `atLeast` / `atMost` bound the figure; `ofLimit` is the least ratio. */
export type Target = { readonly atLeast?: number; readonly atMost?: number; readonly ofLimit?: number };

export type Measured = {
  readonly case: string;
  readonly figure: number;
  readonly unit: string;
  readonly limit?: number;
  readonly target?: Target;
};

/** Adds ratio, target and whether it is met. */
export function toResult({ case: name, figure, unit, limit, target }: Measured): Omit<Result, "part"> {
  const ratio = limit === undefined || limit === 0 ? null : figure / limit;
  const texts: string[] = [];
  let met = true;
  if (target?.atLeast !== undefined) {
    texts.push(`≥ ${formatNumber(target.atLeast)}`);
    met &&= figure >= target.atLeast;
  }
  if (target?.atMost !== undefined) {
    texts.push(`≤ ${formatNumber(target.atMost)}`);
    met &&= figure <= target.atMost;
  }
  if (target?.ofLimit !== undefined) {
    texts.push(`≥ ${target.ofLimit} of the limit`);
    met &&= ratio !== null && ratio >= target.ofLimit;
  }
  return {
    case: name,
    figure: round(figure),
    unit,
    limit: limit === undefined ? null : round(limit),
    ratio: ratio === null ? null : Number(ratio.toFixed(3)),
    target: texts.length === 0 ? null : texts.join(" and "),
    met: texts.length === 0 ? null : met,
  };
}

/** Large figures without, small ones with decimals. */
export function formatNumber(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: Math.abs(value) >= 100 ? 0 : 2 });
}

function round(value: number): number {
  return Number(value.toFixed(Math.abs(value) >= 100 ? 0 : 3));
}
