/**
 * Gathers the lookups that are waiting into one statement: under load a statement answers hundreds, alone it answers
 * one at once.
 */
import { type Database, type IdentitySnapshot, shapeIdentity } from "@kith/database";
import { type AskedIdentifier, type FindRow, findIdentities } from "../sql/find-identities.ts";

/** For each identifier asked for, in order, the identity it is in; and these identities. */
export type Found = { readonly identities: readonly (IdentitySnapshot | undefined)[] };

/** `lookups`: how many ask, if it is more than one. */
export type LookupQueue = { find(asked: readonly AskedIdentifier[], lookups?: number): Promise<Found> };

type Waiting = { asked: readonly AskedIdentifier[]; resolve: (found: Found) => void; reject: (error: unknown) => void };

export type LookupQueueOptions = {
  readonly db: Database;
  /** Identifiers in one statement at the most. */
  readonly identifiersMax: number;
  /** Statements under way at once. */
  readonly statementsMax: number;
};

export function createLookupQueue({ db, identifiersMax, statementsMax }: LookupQueueOptions): LookupQueue {
  let waiting: Waiting[] = [];
  let running = 0;
  let isScheduled = false;

  function schedule(): void {
    if (isScheduled || running >= statementsMax || waiting.length === 0) return;
    isScheduled = true;
    // After the requests that arrived in this turn of the event loop have all been queued.
    setImmediate(() => {
      isScheduled = false;
      while (running < statementsMax && waiting.length > 0) void run(takeSome());
    });
  }

  function takeSome(): Waiting[] {
    let identifiers = 0;
    let count = 0;
    while (count < waiting.length) {
      identifiers += waiting[count]!.asked.length;
      if (count > 0 && identifiers > identifiersMax) break;
      count += 1;
    }
    const taken = waiting.slice(0, count);
    waiting = waiting.slice(count);
    return taken;
  }

  async function run(taken: readonly Waiting[]): Promise<void> {
    running += 1;
    try {
      const found = distribute(
        await findIdentities(
          db,
          taken.flatMap((one) => one.asked),
        ),
      );
      let position = 0;
      for (const { asked, resolve } of taken) {
        resolve({ identities: asked.map(() => found(++position)) });
      }
    } catch (error) {
      for (const { reject } of taken) reject(error);
    } finally {
      running -= 1;
      schedule();
    }
  }

  return {
    find(asked) {
      return new Promise((resolve, reject) => {
        waiting.push({ asked, resolve, reject });
        schedule();
      });
    },
  };
}

function distribute(rows: readonly FindRow[]): (position: number) => IdentitySnapshot | undefined {
  const found = new Map<number, IdentitySnapshot>();
  for (const row of rows) {
    const snapshot = shapeIdentity(row);
    for (const position of row.positions.split(",")) found.set(Number(position), snapshot);
  }
  return (position) => found.get(position);
}
