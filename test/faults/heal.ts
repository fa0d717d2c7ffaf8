/** Everything is as it should be again: servers up, roads clear, services running and awake. */
import type { Epoch } from "./epoch.ts";
import { PATIENCE_MS } from "./rig/patience.ts";
import type { Servers } from "./rig/servers.ts";

/** Answers what did not come back, in words. Rejects if the servers themselves do not. */
export async function heal({ deployment, direct }: Epoch, servers: Servers): Promise<string[]> {
  await Promise.all([servers.postgres.start(), ...servers.kafka.map((node) => node.start())]);
  direct.setHabits({ poison: 0, repeated: 0.01, shuffledSeconds: 0, heldPartition: undefined });
  const { services, usual } = deployment;
  for (const { label } of services) {
    const roads = servers.roadsOf(label);
    for (const proxy of [roads.postgres, ...roads.kafka]) proxy.heal("resume");
  }
  for (const service of services) service.signal("SIGCONT");
  await Promise.all(services.filter((service) => !usual.includes(service)).map((service) => service.down()));
  for (const service of usual) service.up();
  const waits = await Promise.allSettled(usual.map((service) => service.untilReady(PATIENCE_MS)));
  return waits.flatMap((wait) => (wait.status === "rejected" ? [`liveness: ${wait.reason}`] : []));
}
