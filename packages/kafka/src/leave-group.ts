/** Takes a member out of its group that ended without saying so. */
import { withCluster } from "./kafka-cluster.ts";
import type { KafkaLink } from "./kafka-link.ts";
import { describeError, type Log } from "./log-entry.ts";
import { within } from "./within.ts";

const DEADLINE_MS = 5_000;

/**
 * Best effort: without it the group waits for that member until its session times out, and the partitions stand still.
 * KafkaJS joins as a new member each time and has no way to go on as the old one.
 */
export async function leaveGroup(
  link: KafkaLink,
  log: Log,
  member: { groupId: string; memberId: string },
): Promise<void> {
  const leaving = withCluster(link, async (cluster) => {
    await cluster.refreshMetadata();
    const coordinator = await cluster.findGroupCoordinator({ groupId: member.groupId });
    await coordinator.leaveGroup(member);
  });
  try {
    await within(DEADLINE_MS, leaving);
  } catch (error) {
    log("debug", "a lost member had left its group already, or could not be taken out of it", {
      groupId: member.groupId,
      error: describeError(error),
    });
  }
}
