/** One call of `publish`: its records cut into pieces that each fit one batch per partition, and what became of them. */
import { contentBytes, type LogPlace, type OutgoingRecord, recordBytesAtMost } from "./outgoing-record.ts";
import type { PublishError } from "./publish-error.ts";

/** KafkaJS makes one batch per partition of a send, and a topic takes batches of 1 MiB: below that with all frames. */
export const BATCH_BYTES_MAX = 960 * 1024;
/** Bounds what one send holds in memory, and how long the next one waits. */
export const ROUND_RECORDS_MAX = 5_000;

export type PublishJob = {
  readonly places: LogPlace[];
  /** Rejected or resolved: what still comes for it is ignored. */
  isSettled: boolean;
  /** Some of it is in the log, or may be. */
  isTouched: boolean;
  piecesLeft: number;
  /** What its records weigh in the queue. */
  bytes: number;
  /** Its deadline. */
  timer: NodeJS.Timeout | undefined;
  readonly resolve: (places: LogPlace[]) => void;
  readonly reject: (error: PublishError) => void;
};

/** Records `start` up to `start + records.length` of a job. */
export type PublishPiece = {
  readonly job: PublishJob;
  readonly topic: string;
  readonly start: number;
  readonly records: readonly OutgoingRecord[];
  /** What each partition's batch grows by, at most. */
  readonly batchBytes: ReadonlyMap<number, number>;
  /** What the keys and values of its records weigh. */
  readonly contentBytes: number;
};

/** Cuts in the order given, so that the records of each partition stay in order. A record too large goes alone. */
export function cutIntoPieces(job: PublishJob, topic: string, records: readonly OutgoingRecord[]): PublishPiece[] {
  const pieces: PublishPiece[] = [];
  let start = 0;
  let batchBytes = new Map<number, number>();
  let content = 0;

  const cut = (end: number): void => {
    if (end === start) return;
    const part = start === 0 && end === records.length ? records : records.slice(start, end);
    pieces.push({ job, topic, start, records: part, batchBytes, contentBytes: content });
    start = end;
    batchBytes = new Map();
    content = 0;
  };

  let afterTooLarge = false;
  records.forEach((record, index) => {
    if (record.value === undefined) throw new TypeError("a record to publish has no value; null makes a tombstone");
    const bytes = recordBytesAtMost(record);
    const grown = (batchBytes.get(record.partition) ?? 0) + bytes;
    const isTooLarge = bytes > BATCH_BYTES_MAX;
    if (isTooLarge || afterTooLarge || grown > BATCH_BYTES_MAX || index - start >= ROUND_RECORDS_MAX) cut(index);
    batchBytes.set(record.partition, (batchBytes.get(record.partition) ?? 0) + bytes);
    content += contentBytes(record);
    afterTooLarge = isTooLarge;
  });
  cut(records.length);
  return pieces;
}

/** Takes the pieces from the front of the queue that fit one send: of one topic, within the limits. */
export function takeRound(queue: PublishPiece[]): PublishPiece[] {
  const round: PublishPiece[] = [];
  const batchBytes = new Map<number, number>();
  let count = 0;
  let isTooLarge = false;
  while (queue.length > 0) {
    const piece = queue[0]!;
    if (!piece.job.isSettled) {
      if (round.length > 0 && (piece.topic !== round[0]!.topic || !fits(piece))) break;
      for (const [partition, bytes] of piece.batchBytes) {
        batchBytes.set(partition, (batchBytes.get(partition) ?? 0) + bytes);
        isTooLarge ||= bytes > BATCH_BYTES_MAX;
      }
      count += piece.records.length;
      round.push(piece);
    }
    queue.shift();
  }
  return round;

  function fits(piece: PublishPiece): boolean {
    // The broker may refuse it, and KafkaJS then fails the whole send: also what other partitions have written.
    if (isTooLarge || count + piece.records.length > ROUND_RECORDS_MAX) return false;
    for (const [partition, bytes] of piece.batchBytes) {
      if ((batchBytes.get(partition) ?? 0) + bytes > BATCH_BYTES_MAX) return false;
    }
    return true;
  }
}
