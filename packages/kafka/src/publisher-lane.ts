/**
 * One connected KafkaJS producer. Only one send is under way on it at a time: KafkaJS takes back the sequence numbers of
 * a failed send, and the next one would go out under them; the broker, which may have written the first, would call the
 * second a repetition and drop it, acknowledged. For the same reason a lane is thrown away after any failure.
 */
import type { Message, Producer, RecordMetadata } from "kafkajs";
import { type Compression, compressionType } from "./codecs.ts";
import type { ClientInternals } from "./kafka-client.ts";
import { CONNECTION_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from "./kafka-link.ts";
import type { OutgoingRecord } from "./outgoing-record.ts";
import { within } from "./within.ts";

export type LaneOptions = {
  readonly idempotent: boolean;
  readonly compression: Compression;
  readonly deadlineMs: number;
};

export type Lane = {
  /** Resolves when records can be sent, rejects if the lane will never come to that. */
  readonly ready: Promise<void>;
  /** Records sent so far. */
  sent(): number;
  /** Produce requests handed to the sockets so far. */
  produceRequests(): number;
  send(topic: string, records: readonly OutgoingRecord[]): Promise<RecordMetadata[]>;
  /** Ends the lane at once. */
  cut(): void;
  close(): Promise<void>;
};

const CLOSE_DEADLINE_MS = 1_000;
// KafkaJS's retries are up to half a second apart.
const RETRY_MS_MAX = 500;

export function openLane({ openLink }: ClientInternals, options: LaneOptions): Lane {
  const { idempotent, compression, deadlineMs } = options;
  const link = openLink({ retries: Math.ceil((deadlineMs + CONNECTION_TIMEOUT_MS) / RETRY_MS_MAX) + 1 });
  const producer: Producer = link.kafka.producer({
    allowAutoTopicCreation: false,
    // The partition of every record is given; without a partitioner of its own KafkaJS prints a warning.
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? 0,
    idempotent,
    maxInFlightRequests: 1,
    metadataMaxAge: 60_000,
  });
  // After a cut KafkaJS still tries for a while, to no avail; whoever waits is told at once.
  let tellWaiter: ((error: Error) => void) | undefined;
  let isCut = false;
  const ready = orCut(producer.connect());
  ready.catch(cut);
  let sent = 0;

  /** There is never more than one to wait: for the connection, then for one send after the other. */
  function orCut<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      tellWaiter = reject;
      if (isCut) cut();
      work.then(resolve, reject);
    });
  }

  function cut(): void {
    isCut = true;
    link.cut();
    tellWaiter?.(new Error("the connection was given up"));
  }

  return {
    ready,
    sent: () => sent,
    produceRequests: () => link.produceRequests(),
    async send(topic, records) {
      sent += records.length;
      return await orCut(
        producer.send({
          topic,
          messages: records as Message[],
          acks: -1,
          timeout: REQUEST_TIMEOUT_MS,
          compression: compressionType(compression),
        }),
      );
    },
    cut,
    async close() {
      await within(CLOSE_DEADLINE_MS, producer.disconnect()).catch(() => undefined);
      cut();
    },
  };
}
