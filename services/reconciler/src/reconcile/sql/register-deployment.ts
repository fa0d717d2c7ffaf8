/** Binds the schema to the topic it is the state of. The first reconciler writes it, later ones compare. */
import { defineStatement } from "@kith/database";

/** Returns what the schema is bound to, which the caller compares with what it asked for. */
export const registerDeployment = defineStatement<
  { clusterId: string; topicId: string },
  { cluster_id: string; topic_id: string }
>(
  "register-deployment",
  `update deployment set cluster_id = coalesce(cluster_id, $1), topic_id = coalesce(topic_id, $2::uuid)
   returning cluster_id, topic_id`,
  ({ clusterId, topicId }) => [clusterId, topicId],
);
