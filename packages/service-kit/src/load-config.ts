/**
 * Reads a service's environment into a typed configuration. What is wrong is told once, for all variables together,
 * and never with a value: any of them may be a secret.
 */
import type { z } from "zod";

/** `EX_CONFIG` of sysexits.h: the process cannot run with this configuration. */
export const CONFIG_EXIT_CODE = 78;

/** The configuration cannot be used. The message names each variable, what is wrong and what is expected. */
export class ConfigError extends Error {
  readonly exitCode = CONFIG_EXIT_CODE;

  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = "ConfigError";
  }
}

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The configuration of one zod object whose keys are the names of the variables. An empty variable counts as unset,
 * as `docker compose` writes `NAME=` for one that is not there.
 *
 * @example
 * loadConfig(z.object({ ...logEnv, QUERY_URL: urlEnv() }), { QUERY_URL: "http://127.0.0.1:3001" })
 * // { LOG_LEVEL: "info", QUERY_URL: "http://127.0.0.1:3001" }
 */
export function loadConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  env: Environment = process.env,
): z.output<z.ZodObject<Shape>> {
  const given: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const value = env[name];
    if (value !== undefined && value !== "") given[name] = value;
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConfigError(describeFailure(schema.shape, given, parsed.error.issues));
}

function describeFailure(
  shape: z.ZodRawShape,
  given: Readonly<Record<string, string>>,
  issues: readonly z.core.$ZodIssue[],
): string {
  const lines = new Map<string, string>();
  for (const issue of issues) {
    const name = String(issue.path[0] ?? "");
    if (lines.has(name)) continue;
    // Zod's messages name what was expected, never what was received but for its type.
    const expected = (shape[name] as z.ZodType | undefined)?.description;
    const wrong = name in given ? "is not valid" : "is not set";
    lines.set(name, `  ${name} ${wrong}: ${expected === undefined ? issue.message : `expected ${expected}`}`);
  }
  return `The configuration cannot be used:\n${[...lines.values()].join("\n")}`;
}
