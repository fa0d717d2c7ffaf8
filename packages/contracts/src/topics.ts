/** The Kafka topics of one deployment and how they are laid out. */

/** Partitions of every topic; correctness does not depend on the number, throughput does. */
export const TOPIC_PARTITIONS = 6;

/** The names of one deployment's topics. */
export type TopicNames = {
  /** Observations: written by the ingress or by anyone, read by the reconciler. */
  readonly orderIdentity: string;
  /** Snapshots and redirects of identities, compacted by identity id. */
  readonly identityResolved: string;
  /** Records of `order.identity` that can never be applied. */
  readonly deadLetter: string;
};

/** The topic names of a deployment: `prefix` (`TOPIC_PREFIX`) is put before each name verbatim. */
export function topicNames(prefix = ""): TopicNames {
  return {
    orderIdentity: `${prefix}order.identity`,
    identityResolved: `${prefix}identity.resolved`,
    deadLetter: `${prefix}order.identity.dead-letter`,
  };
}
