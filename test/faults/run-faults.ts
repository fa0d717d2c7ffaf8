/** The faults of one round: begun in the order of the plan as fast as they do not stand in each other's way. */
import type { Deck } from "./nemesis/deck.ts";
import type { Arena, Dice, PlannedFault } from "./nemesis/fault.ts";
import type { FaultLog } from "./report/fault-log.ts";

export type FaultsOptions = {
  readonly arena: Arena;
  readonly deck: Deck;
  readonly dice: Dice;
  readonly log: FaultLog;
  readonly round: number;
  readonly faults: number;
  /** No further fault is drawn. */
  isOver(): boolean;
};

/** So many at once, besides those that have servers or a deployment of their own. */
const UNDER_WAY_MAX = 5;
/** So many may be passed by others, since one of those under way stands in their way. */
const WAITING_MAX = 4;
const GAP_MS = [50, 500] as const;
const ASIDE = "aside";

/** Answers those that were begun, when all of them have ended. Rejects if the rig could not make one happen. */
export async function runFaults(options: FaultsOptions): Promise<PlannedFault[]> {
  const { arena, deck, dice, log, round, faults, isOver } = options;
  const begun: PlannedFault[] = [];
  const waiting: PlannedFault[] = [];
  const underWay = new Map<PlannedFault, Promise<void>>();
  let drawn = 0;
  let failure: unknown;

  while (failure === undefined) {
    while (waiting.length < WAITING_MAX && drawn < faults && !isOver()) {
      waiting.push(deck.next());
      drawn += 1;
    }
    if (waiting.length === 0) break;
    const gapMs = dice.between(...GAP_MS);
    const next = waiting.findIndex(mayBegin);
    if (next >= 0) {
      begin(waiting.splice(next, 1)[0]!);
      await arena.sleep(gapMs);
    } else await Promise.race(underWay.values());
  }
  await Promise.all(underWay.values());
  if (failure !== undefined) throw failure;
  return begun;

  function begin(fault: PlannedFault): void {
    begun.push(fault);
    const end = log.begin(fault, round);
    const running = fault
      .run(arena)
      .then(
        (result) => end(result === undefined ? "missed" : "done", result),
        (error) => {
          end("failed", String(error));
          failure ??= error;
        },
      )
      .finally(() => underWay.delete(fault));
    underWay.set(fault, running);
  }

  /** Not before one that was drawn earlier and needs the same, so that those keep their order. */
  function mayBegin(fault: PlannedFault, index: number): boolean {
    const others = [...underWay.keys()];
    const isFull = others.filter(({ needs }) => !needs.includes(ASIDE)).length >= UNDER_WAY_MAX;
    return !isFull && ![...others, ...waiting.slice(0, index)].some((other) => isInTheWay(other, fault));
  }
}

function isInTheWay(one: PlannedFault, other: PlannedFault): boolean {
  return one.needs.some((need) => other.needs.includes(need));
}
