/**
 * Records → log. Publishes that overlap share one send; there is one send at a time (see publisher-lane.ts). Every
 * publish ends by its own deadline, whatever KafkaJS does: its retries alone could last for ever.
 */
import type { RecordMetadata } from "kafkajs";
import type { Compression } from "./codecs.ts";
import { internalsOf, type KafkaClient } from "./kafka-client.ts";
import { describeError } from "./log-entry.ts";
import type { LogPlace, OutgoingRecord } from "./outgoing-record.ts";
import { PublishError } from "./publish-error.ts";
import { cutIntoPieces, type PublishJob, type PublishPiece, takeRound } from "./publish-job.ts";
import { refusalOf } from "./publish-refusal.ts";
import { type Lane, openLane } from "./publisher-lane.ts";
import { DeadlinePassed, within } from "./within.ts";

/** How a publisher behaves. */
export type PublisherOptions = {
  /** Every publish has settled after this time. */
  readonly deadlineMs: number;
  /** Default true: the client's own retries write nothing twice. */
  readonly idempotent?: boolean;
  /** Default none. */
  readonly compression?: Compression;
  /** What may wait to be sent, by its size; beyond it publishes are refused at once. Default 64 MiB. */
  readonly queueBytesMax?: number;
};

/** Puts records into the log. */
export type Publisher = {
  /** Connects ahead of the first publish. Rejects after the deadline; the publisher can be used all the same. */
  connect(): Promise<void>;
  /** Resolves with the place of each record, in the order given, once all replicas in sync have them. */
  publish(topic: string, records: readonly OutgoingRecord[]): Promise<LogPlace[]>;
  /** Sends what is waiting, for 5 s at most, and disconnects. */
  close(): Promise<void>;
};

const QUEUE_BYTES_MAX = 64 * 1024 * 1024;
const CLOSE_DEADLINE_MS = 5_000;
const RECONNECT_PAUSE_MS = 100;
// KafkaJS starts its sequence numbers over wrongly after 2^31 records to one partition.
const LANE_RECORDS_MAX = 1_000_000_000;

type Round = { readonly pieces: readonly PublishPiece[]; lane: Lane | undefined; requestsBefore: number };

/**
 * A publisher of its own connection. One is enough for a process.
 *
 * @example
 * const publisher = createPublisher(kafka, { deadlineMs: 5_000 });
 * const [place] = await publisher.publish("orders", [{ key: "k", value: "v", partition: partitionOf("k", 6) }]);
 */
export function createPublisher(client: KafkaClient, options: PublisherOptions): Publisher {
  const { deadlineMs, idempotent = true, compression = "none", queueBytesMax = QUEUE_BYTES_MAX } = options;
  const inner = internalsOf(client);
  const queue: PublishPiece[] = [];
  let queuedBytes = 0;
  let lane: Lane | undefined;
  let round: Round | undefined;
  let running: Promise<void> | undefined;
  let lastError: unknown;
  let isClosed = false;
  let onJobSettled: (() => void) | undefined;

  function publish(topic: string, records: readonly OutgoingRecord[]): Promise<LogPlace[]> {
    if (isClosed) return Promise.reject(new PublishError("not-written", "the publisher is closed"));
    if (records.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const job: PublishJob = {
        places: new Array(records.length),
        isSettled: false,
        isTouched: false,
        piecesLeft: 0,
        bytes: 0,
        timer: undefined,
        resolve,
        reject,
      };
      const pieces = cutIntoPieces(job, topic, records);
      const bytes = pieces.reduce((sum, piece) => sum + piece.contentBytes, 0);
      if (queuedBytes > 0 && queuedBytes + bytes > queueBytesMax) {
        reject(new PublishError("not-written", "too much is waiting to be sent"));
        return;
      }
      job.piecesLeft = pieces.length;
      job.bytes = bytes;
      queuedBytes += bytes;
      job.timer = setTimeout(expire, deadlineMs, job);
      queue.push(...pieces);
      running ??= run();
    });
  }

  function settle(job: PublishJob, end: () => void): void {
    if (job.isSettled) return;
    job.isSettled = true;
    clearTimeout(job.timer);
    queuedBytes -= job.bytes;
    end();
    onJobSettled?.();
  }

  function fail(job: PublishJob, error: PublishError): void {
    settle(job, () => job.reject(error));
  }

  function expire(job: PublishJob): void {
    const isUnderWay = round?.lane !== undefined && round.pieces.some((piece) => piece.job === job);
    const mayBeWritten = isUnderWay && mayHaveBeenSent(round!);
    // "Not written" is a promise: nothing may go out any more. The others of this round go on over a new connection.
    if (isUnderWay && !mayBeWritten) dropLane(round!.lane!);
    const outcome = job.isTouched || mayBeWritten ? "unknown" : "not-written";
    fail(job, new PublishError(outcome, `not acknowledged within ${deadlineMs} ms`, { cause: lastError }));
  }

  async function run(): Promise<void> {
    // Lets the publishes of one turn of the event loop share the first send.
    await Promise.resolve();
    for (;;) {
      const pieces = takeRound(queue);
      if (pieces.length === 0) {
        // Here and not after the promise has settled: a publish in between would wait for a round that never comes.
        running = undefined;
        return;
      }
      round = { pieces, lane: undefined, requestsBefore: 0 };
      await sendRound(round);
      round = undefined;
      // It would keep the records of this round until the next one.
      onJobSettled = undefined;
    }
  }

  async function sendRound(current: Round): Promise<void> {
    // Nobody waits for this round any more: what it hangs on must not hold up the next one.
    const expired = new Promise<"expired">((resolve) => {
      onJobSettled = () => {
        if (current.pieces.every(({ job }) => job.isSettled)) resolve("expired");
      };
    });
    while (!current.pieces.every(({ job }) => job.isSettled)) {
      const used = useLane();
      try {
        if ((await Promise.race([used.ready, expired])) === "expired") return;
        const pieces = current.pieces.filter(({ job }) => !job.isSettled);
        current.lane = used;
        current.requestsBefore = used.produceRequests();
        const sending = used.send(pieces[0]!.topic, recordsOf(pieces));
        sending.catch(() => undefined);
        const sent = await Promise.race([sending, expired]);
        if (sent === "expired") {
          inner.log("warn", "a publish was given up at its deadline, connecting anew", { topic: pieces[0]!.topic });
          return dropLane(used);
        }
        return place(pieces, sent);
      } catch (error) {
        lastError = error;
        if (current.lane === used && settleRefusal(current, error)) return;
        inner.log("warn", "publishing failed, connecting anew", { error: describeError(error) });
        if (current.lane === used) settleFailure(current, error);
        dropLane(used);
        current.lane = undefined;
        await Promise.race([new Promise((resolve) => setTimeout(resolve, RECONNECT_PAUSE_MS)), expired]);
      }
    }
  }

  function useLane(): Lane {
    if (lane !== undefined && lane.sent() > LANE_RECORDS_MAX) {
      void lane.close();
      lane = undefined;
    }
    lane ??= openLane(inner, { idempotent, compression, deadlineMs });
    return lane;
  }

  function dropLane(dropped: Lane): void {
    dropped.cut();
    if (lane === dropped) lane = undefined;
  }

  /** True if the broker answered that it wrote nothing. The lane can be used on: its sequence numbers are right. */
  function settleRefusal(current: Round, error: unknown): boolean {
    const refusal = refusalOf(error);
    if (refusal === undefined) return false;
    // A send to several partitions may have been refused by one and written by another.
    const partitions = new Set(current.pieces.flatMap(({ batchBytes }) => [...batchBytes.keys()]));
    const isWritten = partitions.size > 1;
    for (const { job } of current.pieces) {
      const outcome = isWritten || job.isTouched ? "unknown" : "not-written";
      const reason = `the broker refused: ${refusal.type}`;
      fail(job, new PublishError(outcome, reason, { cause: error, tooLarge: refusal.isTooLarge }));
    }
    if (isWritten) dropLane(current.lane!);
    return true;
  }

  /** Rejects the jobs of a failed round, unless nothing of them was sent: then they are tried again. */
  function settleFailure(current: Round, error: unknown): void {
    if (!mayHaveBeenSent(current)) return;
    for (const { job } of current.pieces) fail(job, new PublishError("unknown", "the send failed", { cause: error }));
  }

  function place(pieces: readonly PublishPiece[], results: readonly RecordMetadata[]): void {
    const next = new Map(results.map(({ partition, baseOffset }) => [partition, Number(baseOffset ?? -1)]));
    for (const { job, start, records } of pieces) {
      job.isTouched = true;
      let missing: PublishError | undefined;
      records.forEach(({ partition }, index) => {
        const offset = next.get(partition);
        if (offset === undefined || offset < 0) {
          // KafkaJS leaves out partitions the topic does not have, and a broker that takes a batch for a repetition
          // it no longer remembers has no offset to tell.
          const outcome = offset === undefined && next.size === 0 ? "not-written" : "unknown";
          missing = new PublishError(
            outcome,
            offset === undefined ? "no such partition" : "written, but where is not known",
          );
          return;
        }
        job.places[start + index] = { partition, offset };
        next.set(partition, offset + 1);
      });
      job.piecesLeft -= 1;
      if (missing !== undefined) fail(job, missing);
      else if (job.piecesLeft === 0) settle(job, () => job.resolve(job.places));
    }
  }

  return {
    async connect() {
      const opened = useLane();
      try {
        await within(deadlineMs, opened.ready);
      } catch (error) {
        if (!(error instanceof DeadlinePassed)) dropLane(opened);
        throw new PublishError("not-written", "no broker answers", { cause: error });
      }
    },

    publish,

    async close() {
      isClosed = true;
      if (running !== undefined) await within(CLOSE_DEADLINE_MS, running).catch(() => undefined);
      for (const piece of [...queue, ...(round?.pieces ?? [])]) expire(piece.job);
      await lane?.close();
      lane = undefined;
    },
  };
}

/** False only if it is certain that no broker got any of the round's records. */
function mayHaveBeenSent({ lane, requestsBefore }: Round): boolean {
  return lane !== undefined && lane.produceRequests() > requestsBefore;
}

function recordsOf(pieces: readonly PublishPiece[]): readonly OutgoingRecord[] {
  return pieces.length === 1 ? pieces[0]!.records : pieces.flatMap(({ records }) => records);
}
