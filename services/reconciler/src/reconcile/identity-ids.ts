/** A stock of fresh identity ids, so that planning needs no round trip of its own. */
import type { Database } from "@kith/database";
import { allocateIdentityIds } from "./sql/allocate-identity-ids.ts";

export type IdentityIds = {
  /**
   * Makes sure that `take` can be called `count` times. `generation` is the schema's: after a restore the sequence hands
   * out ids again that were in stock before, so what was in stock is forgotten.
   */
  reserve(db: Database, count: number, generation: number): Promise<void>;
  take(): number;
};

// Drawn at a time at least. Ids in stock at the end of the process are never used; there are 2^53 of them.
const DRAW_MIN = 256;

export function createIdentityIds(): IdentityIds {
  let stock: number[] = [];
  let stockGeneration: number | undefined;
  return {
    async reserve(db, count, generation) {
      if (generation !== stockGeneration) stock = [];
      stockGeneration = generation;
      if (stock.length >= count) return;
      const rows = await allocateIdentityIds(db, Math.max(count - stock.length, DRAW_MIN));
      // pop() takes from the end: newest draw first reversed, so that ids are used in ascending order.
      stock = [...rows.map((row) => row.id).reverse(), ...stock];
    },
    take() {
      const id = stock.pop();
      if (id === undefined) throw new RangeError("an identity id was taken that had not been reserved");
      return id;
    },
  };
}
