/** Which fault comes next: from the seed alone. Every class comes once before any comes twice; then by weight. */
import { seededRandom } from "@kith/testkit";
import { combine } from "./combined-faults.ts";
import { cutAtCommit, refuseStatements } from "./commit-faults.ts";
import { fillDisk } from "./disk-faults.ts";
import { createDice, type FaultClass, type PlannedFault, type Planner } from "./fault.ts";
import { rebalance } from "./group-faults.ts";
import { replaceTheLog } from "./log-faults.ts";
import { cutNetwork } from "./network-faults.ts";
import { freezeReconciler, killIngress, killReconciler, strikeRelay } from "./process-faults.ts";
import { disorder, oversize, poisonTheLog, repeatRecords, skewClock } from "./record-faults.ts";
import { restoreBackup } from "./restore-faults.ts";
import { endSessions, killKafka, restartKafka, restartPostgres, slowPostgres } from "./server-faults.ts";
import { failEverything } from "./storm-faults.ts";

type ClassEntry = { readonly what: string; readonly weight: number; readonly plan: Planner };

const SINGLE: Readonly<Record<FaultClass, ClassEntry>> = {
  F1: { what: "reconciler killed", weight: 14, plan: killReconciler },
  F2: { what: "reconciler frozen, then a zombie", weight: 8, plan: freezeReconciler },
  F3: { what: "relay leader killed or frozen", weight: 8, plan: strikeRelay },
  F4: { what: "ingress killed", weight: 6, plan: killIngress },
  F5: { what: "Kafka restarted", weight: 4, plan: restartKafka },
  F6: { what: "Kafka killed", weight: 5, plan: killKafka },
  F7: { what: "Postgres restarted or killed", weight: 6, plan: restartPostgres },
  F8: { what: "database sessions ended", weight: 14, plan: endSessions },
  F9: { what: "answer to COMMIT lost", weight: 8, plan: cutAtCommit },
  F10: { what: "locks, deadlocks, SQLSTATEs", weight: 8, plan: refuseStatements },
  F11: { what: "slow Postgres", weight: 4, plan: slowPostgres },
  F12: { what: "network cut or half-open", weight: 8, plan: cutNetwork },
  F13: { what: "disk full", weight: 0.6, plan: fillDisk },
  F14: { what: "rebalances under load", weight: 8, plan: rebalance },
  F15: { what: "poison records", weight: 3, plan: poisonTheLog },
  F16: { what: "oversized records and bodies", weight: 3, plan: oversize },
  F17: { what: "duplicate delivery", weight: 5, plan: repeatRecords },
  F18: { what: "out of order", weight: 3, plan: disorder },
  F19: { what: "clock skew", weight: 3, plan: skewClock },
  F20: { what: "a bug that fails every record", weight: 1, plan: failEverything },
  F21: { what: "topic recreated, retention passed", weight: 0.4, plan: replaceTheLog },
  F22: { what: "Postgres restored from a backup", weight: 0.8, plan: restoreBackup },
};
/** Those that can be under way beside any other. */
const COMBINED: readonly FaultClass[] = [
  "F1",
  "F2",
  "F3",
  "F4",
  "F5",
  "F6",
  "F7",
  "F8",
  "F9",
  "F10",
  "F11",
  "F12",
  "F14",
];

const F23: ClassEntry = {
  what: "two or three at once",
  weight: 7,
  plan: combine(new Map(COMBINED.map((name) => [name, SINGLE[name]!.plan]))),
};

/** Every class that can be asked for. */
export const CLASSES: Readonly<Record<FaultClass, ClassEntry>> = { ...SINGLE, F23 };

export type Deck = { next(): PlannedFault };

/** `offered` narrows the classes. */
export function createDeck(seed: number, offered: readonly FaultClass[]): Deck {
  const order = createDice(seededRandom(seed));
  const opening: FaultClass[] = [];
  for (const left = [...offered]; left.length > 0; )
    opening.push(left.splice(order.between(0, left.length - 1), 1)[0]!);
  const total = offered.reduce((sum, name) => sum + CLASSES[name]!.weight, 0);
  let drawn = 0;

  function choose(): FaultClass {
    const first = opening.shift();
    if (first !== undefined) return first;
    let at = order.random() * total;
    for (const name of offered) {
      at -= CLASSES[name]!.weight;
      if (at <= 0) return name;
    }
    return offered.at(-1)!;
  }

  return {
    next() {
      const name = choose();
      drawn += 1;
      // Dice of its own for each fault: what one of them rolls changes nothing for the next.
      return CLASSES[name]!.plan(createDice(seededRandom(seed * 100_003 + drawn)));
    },
  };
}
