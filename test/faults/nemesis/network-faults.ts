/** F12: one road at a time, cut or half-open: between a service and Kafka, a service and Postgres, the relay and either. */
import type { Link } from "../proxy/link.ts";
import type { TcpProxy } from "../proxy/tcp-proxy.ts";
import type { Weather } from "../proxy/weather.ts";
import type { Planner } from "./fault.ts";
import { findLeader } from "./find-leader.ts";

const TARGETS = [
  "reconciler-1",
  "reconciler-2",
  "reconciler-3",
  "leader",
  "ingress-1",
  "ingress-2",
  "query-1",
] as const;

export const cutNetwork: Planner = (dice) => {
  const target = dice.pick(TARGETS);
  const road = target.startsWith("ingress")
    ? "kafka"
    : target === "query-1"
      ? "postgres"
      : dice.pick(["kafka", "postgres"]);
  const variant = dice.pick(["reset", "half-open", "half-open", "refuse", "cut-after", "delay", "throttle"] as const);
  const forMs =
    variant === "half-open"
      ? dice.pick([dice.between(1_000, 5_000), dice.between(8_000, 20_000)])
      : dice.between(1_000, 5_000);
  const bytes = dice.between(1, 60_000);
  const after = dice.pick(["resume", "reset"] as const);
  const weather: Record<typeof variant, Weather> = {
    reset: { kind: "clear" },
    "half-open": { kind: "blackhole" },
    refuse: { kind: "refuse" },
    "cut-after": { kind: "cut-after", bytes },
    delay: { kind: "delay", ms: 100, jitterMs: 400 },
    throttle: { kind: "throttle", bytesPerSecond: 20_000 },
  };
  return {
    class: "F12",
    variant: `${road}-${variant}`,
    target,
    parameters: { forMs, ...(variant === "cut-after" ? { bytes } : {}), ...(variant === "half-open" ? { after } : {}) },
    needs: [target, `roads-${road}`],
    touchesRelay: true,
    async run(arena) {
      const leader = target === "leader" ? await findLeader(arena) : undefined;
      const label = target === "leader" ? leader?.label : target;
      if (label === undefined) return undefined;
      const roads = arena.servers.roadsOf(label);
      const proxies: readonly TcpProxy[] = road === "kafka" ? roads.kafka : [roads.postgres];
      // Of a leader only what the relay publishes over; the consumer beside it goes on.
      const matches = target === "leader" && road === "kafka" ? (link: Link) => link.tags.has("produce") : undefined;
      let links = 0;
      for (const proxy of proxies) {
        if (variant === "reset" || variant === "refuse") links += proxy.resetLinks(matches);
        else links += proxy.links().filter(matches ?? (() => true)).length;
        if (variant !== "reset") proxy.setWeather(weather[variant], matches);
      }
      if (links === 0) {
        for (const proxy of proxies) proxy.heal("reset");
        return undefined;
      }
      if (variant !== "reset") await arena.sleep(forMs);
      for (const proxy of proxies) proxy.heal(after);
      return { label, links };
    },
  };
};
