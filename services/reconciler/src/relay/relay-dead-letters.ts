/**
 * Dead letters → their topic, beside the relay of identities: a dead-letter topic that is missing, full or forbidden
 * holds up nobody else. A crash between the acknowledgement and the mark repeats records; their headers name the place.
 */
import type { TopicNames } from "@kith/contracts";
import type { Database } from "@kith/database";
import type { Publisher } from "@kith/kafka";
import type { Logger } from "@kith/service-kit";
import { buildDeadLetterRecord } from "./build-dead-letter-record.ts";
import { markDeadLettersPublished, readUnpublishedDeadLetters } from "./sql/dead-letters.ts";

export type RelayDeadLettersDependencies = {
  /** Not the relay's session. */
  readonly db: Database;
  readonly publisher: Publisher;
  readonly topics: TopicNames;
  readonly partitions: number;
};

// Dead letters may be as large as a record may be, so few are held at a time.
const AT_A_TIME = 50;
const IDLE_MS = 250;
const RETRY_MS = 1_000;

/** Publishes the next ones. Answers how many. */
export async function relayDeadLetters(dependencies: RelayDeadLettersDependencies): Promise<number> {
  const { db, publisher, topics, partitions } = dependencies;
  const rows = await readUnpublishedDeadLetters(db, AT_A_TIME);
  if (rows.length === 0) return 0;
  const records = rows.map((row) => buildDeadLetterRecord(row, { topic: topics.orderIdentity, partitions }));
  await publisher.publish(topics.deadLetter, records);
  await markDeadLettersPublished(db, rows);
  return rows.length;
}

/** Does it for as long as this process leads the relay. `stop` does not wait for a publish that is under way. */
export function startRelayingDeadLetters(dependencies: RelayDeadLettersDependencies & { readonly logger: Logger }): {
  stop(): void;
} {
  const { logger } = dependencies;
  let stopped = false;
  let isTroubled = false;
  let timer: NodeJS.Timeout | undefined;

  async function run(): Promise<void> {
    let pauseMs = IDLE_MS;
    try {
      if ((await relayDeadLetters(dependencies)) > 0) pauseMs = 0;
      isTroubled = false;
    } catch (error) {
      if (!isTroubled && !stopped) logger.warn({ err: error }, "dead letters could not be published: tried again");
      isTroubled = true;
      pauseMs = RETRY_MS;
    }
    if (!stopped) timer = setTimeout(run, pauseMs);
  }

  void run();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
