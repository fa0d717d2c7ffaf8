/** Everything is as it should be again: servers up, roads clear, services running and awake. */
import type { Epoch } from "./epoch.ts";
import type { Servers } from "./rig/servers.ts";

const READY_LIMIT_MS = 60_000;

export async function heal({ deployment, direct }: Epoch, servers: Servers): Promise<void> {
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
  await Promise.all(usual.map((service) => service.untilReady(READY_LIMIT_MS)));
}
