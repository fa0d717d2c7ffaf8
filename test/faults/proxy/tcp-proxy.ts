/**
 * A TCP proxy on loopback between one service and one server: it lets pass, delays, throttles, cuts, or plays dead. The
 * server behind it may come back on another port; the service never notices.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createLink, type Link } from "./link.ts";
import type { Tap } from "./tap.ts";
import { CLEAR, type Weather } from "./weather.ts";

export type TcpProxyOptions = {
  readonly name: string;
  /** Looks at what passes, and may change it. */
  readonly createTap?: (link: Link) => Tap;
};

export type TcpProxy = {
  readonly name: string;
  readonly port: number;
  /** Where the server listens from now on; undefined while there is none. */
  setTarget(port: number | undefined): void;
  /** Changes the weather for the links that match, and for all that come. */
  setWeather(weather: Weather, matches?: (link: Link) => boolean): void;
  /** Clear weather; what was held passes on, or is reset. */
  heal(after: "resume" | "reset"): void;
  links(): Link[];
  /** Resets the links that match; answers how many. */
  resetLinks(matches?: (link: Link) => boolean): number;
  close(): Promise<void>;
};

export async function startTcpProxy({ name, createTap }: TcpProxyOptions): Promise<TcpProxy> {
  const links = new Set<Link>();
  const hanging = new Set<Socket>();
  let target: number | undefined;
  let weather: Weather = CLEAR;

  function admit(client: Socket): void {
    // A reset by either side is what this proxy is for.
    client.on("error", () => {});
    if (weather.kind === "refuse" || target === undefined) {
      client.resetAndDestroy();
      return;
    }
    if (weather.kind === "blackhole") {
      hanging.add(client);
      client.once("close", () => hanging.delete(client));
      return;
    }
    const server = connect({ host: "127.0.0.1", port: target, allowHalfOpen: true, noDelay: true });
    const link = createLink({ client, server, createTap });
    link.setWeather(weather);
    links.add(link);
    link.onClose(() => links.delete(link));
  }

  const listener: Server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: false }, admit);
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen({ host: "127.0.0.1", port: 0 }, resolve);
  });
  const { port } = listener.address() as AddressInfo;

  function resetLinks(matches: (link: Link) => boolean = () => true): number {
    const matching = [...links].filter(matches);
    for (const link of matching) link.reset();
    return matching.length;
  }

  return {
    name,
    port,
    setTarget(next) {
      target = next;
    },
    setWeather(next, matches) {
      if (matches === undefined) weather = next;
      for (const link of links) if (matches === undefined || matches(link)) link.setWeather(next);
    },
    heal(after) {
      weather = CLEAR;
      for (const link of links) {
        if (after === "reset" && link.isHeld()) link.reset();
        else link.setWeather(CLEAR);
      }
      for (const client of hanging) client.resetAndDestroy();
      hanging.clear();
    },
    links: () => [...links],
    resetLinks,
    async close() {
      resetLinks();
      for (const client of hanging) client.resetAndDestroy();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
}
