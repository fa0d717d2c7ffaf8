/** The id of the Kafka cluster, given when its storage was formatted. */
import { internalsOf, type KafkaClient } from "./kafka-client.ts";

/** The cluster's id. Two clusters never have the same one, so it tells whether stored offsets belong to this one. */
export async function readClusterId(client: KafkaClient): Promise<string> {
  const { clusterId } = await internalsOf(client).admin.ask((admin) => admin.describeCluster());
  return clusterId;
}
