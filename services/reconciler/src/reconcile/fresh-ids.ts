/** A stock of fresh ids of identities and contacts, so that a batch needs no round trip for them, and gets no rows back. */
import type { Session, StatementQuery } from "@kith/database";
import { type DrawnIds, drawIds } from "./sql/draw-ids.ts";

export type FreshIds = {
  /** Makes sure that both can be taken `count` times. */
  reserve(db: Session, count: number, generation: number): Promise<void>;
  /** The statement that {@link reserve} would send; undefined if there are enough. Its answer is for {@link restock}. */
  toDraw(count: number): StatementQuery<DrawnIds> | undefined;
  /**
   * `generation` is the schema's when these were drawn. After a restore the sequences hand out ids again that were in
   * stock before, so what was in stock is forgotten.
   */
  restock(drawn: readonly DrawnIds[], generation: number): void;
  takeIdentity(): number;
  takeContact(): number;
  /**
   * To be called after every transaction that was not committed. What it drew may not be on disk: after a crash of
   * PostgreSQL the sequences hand the same ids out again.
   */
  forget(): void;
};

// Drawn at a time at least. Ids in stock at the end of the process are never used; there are 2^53 of them.
const DRAW_MIN = 256;

export function createFreshIds(): FreshIds {
  // Descending: pop() takes from the end.
  let identities: number[] = [];
  let contacts: number[] = [];
  let stockGeneration: number | undefined;

  function forget(): void {
    identities = [];
    contacts = [];
  }

  function toDraw(count: number) {
    const missing = { identities: missingOf(identities, count), contacts: missingOf(contacts, count) };
    return missing.identities + missing.contacts === 0 ? undefined : drawIds.query(missing);
  }

  function restock(drawn: readonly DrawnIds[], generation: number): void {
    if (generation !== stockGeneration) forget();
    stockGeneration = generation;
    for (const row of drawn) {
      identities = withDrawn(identities, row.identities);
      contacts = withDrawn(contacts, row.contacts);
    }
  }

  return {
    async reserve(db, count, generation) {
      restock([], generation);
      const drawing = toDraw(count);
      if (drawing !== undefined) restock((await db.executeQuery(drawing)).rows, generation);
    },
    toDraw,
    restock,
    takeIdentity: () => take(identities),
    takeContact: () => take(contacts),
    forget,
  };
}

function missingOf(stock: readonly number[], count: number): number {
  return stock.length >= count ? 0 : Math.max(count - stock.length, DRAW_MIN);
}

function withDrawn(stock: readonly number[], drawn: string): number[] {
  return drawn === "" ? [...stock] : [...drawn.split(",").map(Number).reverse(), ...stock];
}

function take(stock: number[]): number {
  const id = stock.pop();
  if (id === undefined) throw new RangeError("an id was taken that had not been reserved");
  return id;
}
