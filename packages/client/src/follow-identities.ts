/** The subscriber: reads `identity.resolved` from its beginning and keeps an identity table up to date. */
import { decodeIdentityRecord, type IdentityResolvedRecord, topicNames } from "@kith/contracts";
import { type ConsumerFatal, closeKafka, connectKafka, followTopic, type KafkaSettings } from "@kith/kafka";
import { type ApplyOutcome, createIdentityTable, type IdentityTable } from "./identity-table.ts";

/** One record as it came, and what it came to. */
export type IdentityEvent = {
  readonly identityId: number;
  /** Null: the identity was erased. */
  readonly value: IdentityResolvedRecord | null;
  readonly outcome: ApplyOutcome;
  readonly partition: number;
  readonly offset: number;
};

/** What to follow, and whom to tell. */
export type FollowIdentitiesOptions = {
  readonly kafka: KafkaSettings;
  /** `TOPIC_PREFIX` of the deployment. */
  readonly topicPrefix?: string;
  /** False reads only what comes from now on: for onlookers that need no table. Default true. */
  readonly fromBeginning?: boolean;
  /** Called for each record, after the table has taken it. */
  readonly onEvent?: (event: IdentityEvent) => void;
  /** Called for a record that is none of Kith's, or of a version this client does not know. It is left out. */
  readonly onUnreadable?: (place: { readonly partition: number; readonly offset: number }) => void;
  /** Called if following has ended for good; without this it is thrown as an uncaught error. */
  readonly onFatal?: (reason: ConsumerFatal) => void;
};

/** A subscriber that runs. */
export type FollowedIdentities = { readonly table: IdentityTable; stop(): Promise<void> };

/**
 * Starts following. The table lives in memory and is built anew at each start: the topic is compacted, so it holds the
 * newest record of every identity. Each subscriber sees all partitions.
 */
export async function followIdentities(options: FollowIdentitiesOptions): Promise<FollowedIdentities> {
  const { topicPrefix = "", fromBeginning = true, onEvent, onUnreadable, onFatal } = options;
  const table = createIdentityTable();
  const kafka = connectKafka(options.kafka);
  try {
    const following = await followTopic(kafka, {
      topic: topicNames(topicPrefix).identityResolved,
      fromBeginning,
      groupId: "kith-client",
      ...(onFatal === undefined ? {} : { onFatal }),
      onRecord({ key, value, partition, offset }) {
        const decoded = decodeIdentityRecord(key, value);
        if (decoded === undefined) return onUnreadable?.({ partition, offset });
        const outcome = table.apply(decoded.identityId, decoded.value);
        onEvent?.({ ...decoded, outcome, partition, offset });
      },
    });
    return {
      table,
      async stop() {
        await following.stop();
        await closeKafka(kafka);
      },
    };
  } catch (error) {
    await closeKafka(kafka);
    throw error;
  }
}
