import { describe, expect, it } from "vitest";
import type { OutgoingRecord } from "./outgoing-record.ts";
import {
  BATCH_BYTES_MAX,
  cutIntoPieces,
  type PublishJob,
  type PublishPiece,
  ROUND_RECORDS_MAX,
  takeRound,
} from "./publish-job.ts";

const job = (): PublishJob => ({
  places: [],
  isSettled: false,
  isTouched: false,
  piecesLeft: 0,
  bytes: 0,
  timer: undefined,
  resolve: () => undefined,
  reject: () => undefined,
});
const record = (partition: number, bytes = 10): OutgoingRecord => ({
  key: null,
  value: Buffer.alloc(bytes),
  partition,
});
const cut = (records: readonly OutgoingRecord[], of = job(), topic = "t"): PublishPiece[] =>
  cutIntoPieces(of, topic, records);

describe("cutIntoPieces", () => {
  it("leaves a small publish whole, without a copy", () => {
    const records = [record(0), record(1)];
    const pieces = cut(records);
    expect(pieces).toHaveLength(1);
    expect(pieces[0]!.records).toBe(records);
  });

  it.each([
    ["more records than a round takes", () => Array.from({ length: ROUND_RECORDS_MAX + 1 }, () => record(0))],
    ["more than a batch for one partition", () => Array.from({ length: 30 }, () => record(3, 100_000))],
    ["a record that is too large among small ones", () => [record(0), record(0, BATCH_BYTES_MAX + 1), record(0)]],
  ])("cuts %s, losing nothing and keeping the order", (_, make) => {
    const records = make();
    const pieces = cut(records);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.flatMap((piece) => piece.records)).toEqual(records);
    expect(pieces.map(({ start }) => start)).toEqual(
      pieces.map((_, index) => pieces.slice(0, index).reduce((sum, piece) => sum + piece.records.length, 0)),
    );
    for (const piece of pieces) {
      expect(piece.records.length).toBeLessThanOrEqual(ROUND_RECORDS_MAX);
      if (piece.records.length === 1) continue;
      for (const bytes of piece.batchBytes.values()) expect(bytes).toBeLessThanOrEqual(BATCH_BYTES_MAX);
    }
  });

  it("sends a record that is too large alone", () => {
    const pieces = cut([record(0), record(1, BATCH_BYTES_MAX + 1), record(2)]);
    expect(pieces.map((piece) => piece.records.length)).toEqual([1, 1, 1]);
  });

  it("spreads over partitions what one batch could not hold", () => {
    expect(cut(Array.from({ length: 12 }, (_, index) => record(index % 6, 400_000)))).toHaveLength(1);
  });
});

describe("takeRound", () => {
  it("puts the publishes of one topic together", () => {
    const queue = [...cut([record(0)]), ...cut([record(1)]), ...cut([record(0)], job(), "other")];
    expect(takeRound(queue)).toHaveLength(2);
    expect(takeRound(queue).map(({ topic }) => topic)).toEqual(["other"]);
    expect(takeRound(queue)).toEqual([]);
  });

  it("does not let a later piece overtake one that no longer fits", () => {
    const queue = [...cut([record(0, 600_000)]), ...cut([record(0, 600_000)]), ...cut([record(1)])];
    expect(takeRound(queue)).toHaveLength(1);
    expect(takeRound(queue)).toHaveLength(2);
  });

  it("leaves out what was given up meanwhile", () => {
    const given = job();
    const queue = [...cut([record(0)], given), ...cut([record(1)])];
    given.isSettled = true;
    expect(takeRound(queue).map(({ records }) => records[0]!.partition)).toEqual([1]);
  });

  it("takes a record that is too large by itself", () => {
    const queue = [...cut([record(0, BATCH_BYTES_MAX + 1)]), ...cut([record(1)])];
    expect(takeRound(queue)).toHaveLength(1);
  });
});
