/**
 * An error as it may be logged: name, code, where it was thrown, and its causes. Messages are kept only where they
 * cannot quote a value: Postgres puts column values into `detail`, `where`, and for class 22 into the message itself,
 * and JSON.parse quotes the text it could not read.
 */

const CAUSES_MAX = 5;
const FRAMES_MAX = 30;

/** What is logged of an error. */
export type DescribedError = {
  name: string;
  code?: string | number;
  message?: string;
  stack?: string;
  /** Of a Postgres error: the schema objects at fault, which are names of ours. */
  table?: string;
  constraint?: string;
  cause?: DescribedError;
};

/** Describes an error without any value it may carry. */
export function describeError(error: unknown): DescribedError {
  return describe(error, CAUSES_MAX);
}

function describe(error: unknown, causesLeft: number): DescribedError {
  if (!(error instanceof Error)) return { name: `thrown ${error === null ? "null" : typeof error}` };
  const fields = error as Error & Record<"code" | "table" | "constraint" | "severity", unknown>;
  const described: DescribedError = { name: error.name };
  if (typeof fields.code === "string" || typeof fields.code === "number") described.code = fields.code;
  if (!mayQuoteValues(error, fields)) described.message = error.message;
  // The head of a stack repeats the message, so only the frames are kept.
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  if (frames.length > 0) described.stack = frames.slice(0, FRAMES_MAX).join("\n");
  if (typeof fields.table === "string") described.table = fields.table;
  if (typeof fields.constraint === "string") described.constraint = fields.constraint;
  if (error.cause !== undefined && causesLeft > 0) described.cause = describe(error.cause, causesLeft - 1);
  return described;
}

function mayQuoteValues(error: Error, fields: { code: unknown; severity: unknown }): boolean {
  return (
    typeof fields.severity === "string" ||
    error instanceof SyntaxError ||
    error.name === "ZodError" ||
    error.name === "$ZodError" ||
    (typeof fields.code === "string" && fields.code.startsWith("ERR_INVALID_"))
  );
}
