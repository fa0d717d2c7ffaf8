/** What `pnpm faults` is told on its command line. */
import { parseArgs } from "node:util";
import { CLASSES } from "./nemesis/deck.ts";
import type { FaultClass } from "./nemesis/fault.ts";

export type Settings = {
  readonly seed: number;
  readonly minutes: number;
  /** Ends the run before its time, once so many were done; 0 for no number. */
  readonly faults: number;
  readonly classes: readonly FaultClass[];
  /** Observations a second: most are written straight to the log, the others come over HTTP. */
  readonly rate: number;
  readonly brokers: 1 | 3;
  /** Only print the first so many faults of the plan. */
  readonly plan: number;
  /** A target of time that was missed fails the run. */
  readonly judgeTimes: boolean;
  readonly keep: boolean;
  /** Classes that cannot be made to happen here, and why. */
  readonly notPossible: Readonly<Record<FaultClass, string>>;
};

/** The arguments are wrong; the message is for the user. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const NAMES = Object.keys(CLASSES) as FaultClass[];

export const USAGE = `usage: pnpm faults [--seed N] [--minutes M] [--faults N] [--class F3,F9] [--rate N] [--brokers 1|3] [--plan N] [--judge-times] [--keep]
--seed     which faults, in which order, with which parameters (default: from the clock; printed and in the report)
--minutes  when the last round begins to heal (default 5)
--faults   end as soon as so many faults in at least 20 classes (or all that are asked for) were done
--class    only these classes (default: all)
--rate     observations a second, a third of them as orders over HTTP (default 1500)
--brokers  Kafka of one broker, or three with three replicas (default 1)
--plan     print the first N faults of the seed and do nothing
--judge-times  fail where a heal took longer than its targets, which are reported in any case
--keep     keep the logs of the services also when all is well
classes:
${NAMES.map((name) => `  ${name.padEnd(4)} ${CLASSES[name]!.what}`).join("\n")}
`;

/** `canMount`: the process may mount file systems that go with it. */
export function readSettings(args: readonly string[], canMount: boolean): Settings | "help" {
  const { values } = parse(args);
  if (values.help) return "help";
  const asked = values.class === undefined ? NAMES : readClasses(values.class);
  const brokers = readNumber("--brokers", values.brokers ?? "1", 1, 3);
  if (brokers === 2) throw new UsageError("--brokers is 1 or 3");
  const notPossible: Record<FaultClass, string> = {};
  if (asked.includes("F13") && !canMount) notPossible.F13 = "a full disk needs the right to mount one";
  if (asked.includes("F21") && brokers === 3) notPossible.F21 = "the rig deletes topics with one broker only";
  const classes = asked.filter((name) => !(name in notPossible));
  if (classes.length === 0) throw new UsageError(Object.values(notPossible).join(", "));
  return {
    seed: readNumber("--seed", values.seed ?? String(1 + (Date.now() % 1_000_000)), 0, 2 ** 31),
    minutes: readNumber("--minutes", values.minutes ?? "5", 0.1, 24 * 60),
    faults: readNumber("--faults", values.faults ?? "0", 0, 1_000_000),
    classes,
    notPossible,
    rate: readNumber("--rate", values.rate ?? "1500", 0, 100_000),
    brokers: brokers as 1 | 3,
    plan: readNumber("--plan", values.plan ?? "0", 0, 100_000),
    judgeTimes: values["judge-times"] ?? false,
    keep: values.keep ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: args.filter((argument) => argument !== "--"),
      options: {
        seed: { type: "string" },
        minutes: { type: "string" },
        faults: { type: "string" },
        class: { type: "string" },
        rate: { type: "string" },
        brokers: { type: "string" },
        plan: { type: "string" },
        "judge-times": { type: "boolean" },
        keep: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

function readClasses(text: string): FaultClass[] {
  const asked = text.split(",").map((name) => name.trim().toUpperCase()) as FaultClass[];
  const unknown = asked.filter((name) => !NAMES.includes(name));
  if (unknown.length > 0) throw new UsageError(`there is no class ${unknown.join(", ")}`);
  return NAMES.filter((name) => asked.includes(name));
}

function readNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!(value >= min && value <= max)) throw new UsageError(`${name} is a number from ${min} to ${max}, not "${text}"`);
  return value;
}
