/** What a fault is: planned from the seed alone, so that the same seed plans the same faults, and then made to happen. */
import type { Aside } from "../aside.ts";
import type { DirectLoad } from "../load/direct-load.ts";
import type { Deployment } from "../rig/deployment.ts";
import type { Servers } from "../rig/servers.ts";

export type FaultClass = `F${number}`;

/** What faults work on. */
export type Arena = {
  readonly servers: Servers;
  readonly deployment: Deployment;
  readonly direct: DirectLoad;
  /** For what a fault keeps on disk. */
  readonly folder: string;
  /** Waits; ends early when the campaign is interrupted. */
  sleep(ms: number): Promise<void>;
  /** SQL of the rig, repeated while Postgres is away. */
  sql<Row>(text: string, parameters?: readonly unknown[]): Promise<Row[]>;
  /** One reconciler and its stores, beside the deployment that is under load; `remove` it afterwards. */
  deployAside(name: string): Promise<Deployment>;
  /** Servers and a deployment of their own. */
  openAside(folders: { readonly postgresFolder?: string; readonly kafkaFolder?: string }): Promise<Aside>;
  /** The next round begins with a fresh deployment, and what was published may outlive what was restored. */
  noteRestore(): void;
  /** A violation found by a fault itself. */
  report(violation: string): void;
};

/** What came of it, for the log; undefined if it could not be made to happen, and then it does not count. */
export type FaultResult = Record<string, unknown> | undefined;

export type PlannedFault = {
  readonly class: FaultClass;
  readonly variant: string;
  /** Who it strikes; "leader" and the like are looked up when it strikes. */
  readonly target: string;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  /** Two faults that need the same are not under way at once. */
  readonly needs: readonly string[];
  /** Subscribers may get records twice because of it. */
  readonly touchesRelay: boolean;
  run(arena: Arena): Promise<FaultResult>;
};

/** Plans one fault of a class. */
export type Planner = (dice: Dice) => PlannedFault;

/** Seeded choices. */
export type Dice = {
  readonly random: () => number;
  /** A whole number from `from` to `to`. */
  between(from: number, to: number): number;
  pick<T>(items: readonly T[]): T;
};

export function createDice(random: () => number): Dice {
  const between = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
  return { random, between, pick: (items) => items[between(0, items.length - 1)]! };
}
