/** What a test's database tells before it is dropped: the phones that were sent, and what lies beside its dead letters. */
import type { Database } from "@kith/database";
import { sql } from "kysely";
import { keepSaid } from "./said.ts";

const ROWS_MAX = 5_000;
/** Shorter numbers could be anything. */
const DIGITS_MIN = 9;
const PHONE = 2;

/** Keeps both. The database may be in any state that its tests left, so what cannot be read is left alone. */
export async function keepDatabase(reader: Database): Promise<void> {
  try {
    const phones = await sql<{ value: string }>`
      select value from identifier where kind = ${PHONE} and length(value) >= ${DIGITS_MIN} limit ${ROWS_MAX}
    `.execute(reader);
    const letters = await sql<object>`select distinct code, reason from dead_letter limit ${ROWS_MAX}`.execute(reader);
    keepSaid("sent-phone", phones.rows.map(({ value }) => `${value}\n`).join(""));
    keepSaid("dead-letter", letters.rows.map((letter) => `${JSON.stringify(letter)}\n`).join(""));
  } catch {
    // Its tests may have taken a table away, or hold a lock on it.
  }
}
