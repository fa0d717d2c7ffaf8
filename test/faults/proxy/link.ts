/** One connection through a proxy: two sockets, and what is on its way between them. */
import type { Socket } from "node:net";
import type { Tap } from "./tap.ts";
import { CLEAR, delayOf, type Weather } from "./weather.ts";

export type Link = {
  /** What the taps found out about it, for example "produce". */
  readonly tags: Set<string>;
  /** The port the server sees it come from. */
  serverSidePort(): number | undefined;
  setWeather(weather: Weather): void;
  isHeld(): boolean;
  /** Both ends get a reset. */
  reset(): void;
  /** The service gets a reset; the server gets what was sent to it, and then an end. */
  cutFromClient(): void;
  /** Puts bytes into the stream towards the service. */
  sendToClient(bytes: Buffer): void;
  onClose(listener: () => void): void;
};

type Direction = {
  readonly from: Socket;
  readonly to: Socket;
  readonly tap: ((chunk: Buffer) => Buffer[]) | undefined;
  /** Held back by the weather, in order. */
  readonly queue: { readonly bytes: Buffer; readonly dueMs: number }[];
  timer: NodeJS.Timeout | undefined;
  hasEnded: boolean;
};

export function createLink(options: {
  readonly client: Socket;
  readonly server: Socket;
  readonly createTap: ((link: Link) => Tap) | undefined;
}): Link {
  const { client, server } = options;
  let weather: Weather = CLEAR;
  let bytesLeft = Number.POSITIVE_INFINITY;
  let isClosed = false;
  let isCut = false;
  let endedWhileHeld = false;
  const listeners: (() => void)[] = [];

  const link: Link = {
    tags: new Set(),
    serverSidePort: () => server.localPort,
    setWeather,
    isHeld: () => weather.kind === "blackhole",
    reset,
    cutFromClient() {
      isCut = true;
      client.resetAndDestroy();
      server.end();
      // What the server still sends is read and thrown away; it sees the end when it has worked off what came before.
      server.resume();
    },
    sendToClient(bytes) {
      if (!isClosed && !isCut) client.write(bytes);
    },
    onClose: (listener) => void listeners.push(listener),
  };
  const tap = options.createTap?.(link);
  const up: Direction = direction(client, server, tap && ((chunk) => tap.toServer(chunk)));
  const down: Direction = direction(server, client, tap && ((chunk) => tap.toClient(chunk)));
  for (const one of [up, down]) pump(one);
  server.on("error", () => {});
  client.once("close", () => onSocketClose(client));
  server.once("close", () => onSocketClose(server));

  function direction(from: Socket, to: Socket, look: Direction["tap"]): Direction {
    return { from, to, tap: look, queue: [], timer: undefined, hasEnded: false };
  }

  function pump(one: Direction): void {
    one.from.on("data", (chunk: Buffer) => {
      if (isCut) return;
      for (const bytes of one.tap === undefined ? [chunk] : one.tap(chunk)) enqueue(one, bytes);
    });
    one.from.on("end", () => {
      one.hasEnded = true;
      flush(one);
    });
  }

  function enqueue(one: Direction, bytes: Buffer): void {
    bytesLeft -= bytes.length;
    if (bytesLeft < 0) {
      reset();
      return;
    }
    const waitMs = delayOf(weather, bytes.length, Math.random);
    if (waitMs === 0 && one.queue.length === 0) {
      write(one, bytes);
      return;
    }
    const lastMs = one.queue.at(-1)?.dueMs ?? 0;
    const startMs = weather.kind === "throttle" ? Math.max(performance.now(), lastMs) : performance.now();
    one.queue.push({ bytes, dueMs: Math.max(lastMs, startMs + waitMs) });
    schedule(one);
  }

  function schedule(one: Direction): void {
    const next = one.queue[0];
    if (next === undefined || one.timer !== undefined || weather.kind === "blackhole") return;
    one.timer = setTimeout(
      () => {
        one.timer = undefined;
        flush(one);
      },
      Math.max(0, next.dueMs - performance.now()),
    );
  }

  function flush(one: Direction): void {
    if (isClosed || weather.kind === "blackhole") return;
    const nowMs = performance.now();
    while (one.queue.length > 0 && one.queue[0]!.dueMs <= nowMs) write(one, one.queue.shift()!.bytes);
    if (one.queue.length > 0) schedule(one);
    else if (one.hasEnded && !one.to.destroyed) one.to.end();
  }

  function write(one: Direction, bytes: Buffer): void {
    if (one.to.destroyed) return;
    if (one.to.write(bytes)) return;
    one.from.pause();
    one.to.once("drain", () => {
      if (weather.kind !== "blackhole") one.from.resume();
    });
  }

  function setWeather(next: Weather): void {
    if (isClosed) return;
    const wasHeld = weather.kind === "blackhole";
    weather = next;
    bytesLeft = next.kind === "cut-after" ? next.bytes : Number.POSITIVE_INFINITY;
    if (next.kind === "blackhole") {
      for (const { from } of [up, down]) from.pause();
      return;
    }
    if (!wasHeld) return;
    if (endedWhileHeld) {
      reset();
      return;
    }
    for (const one of [up, down]) {
      one.from.resume();
      // What waited for the weather has waited long enough.
      one.queue.splice(0, one.queue.length, ...one.queue.map(({ bytes }) => ({ bytes, dueMs: 0 })));
      flush(one);
    }
  }

  function onSocketClose(which: Socket): void {
    if (isClosed) return;
    if (weather.kind === "blackhole") {
      endedWhileHeld = true;
      return;
    }
    if (isCut && which === client) return;
    // In order: what is on its way to the other end still gets there.
    const other = which === client ? server : client;
    const rest = which === client ? up : down;
    if (which.errored || isCut) {
      reset();
      return;
    }
    for (const { bytes } of rest.queue.splice(0)) if (!other.destroyed) other.write(bytes);
    other.end();
    if (other.destroyed) reset();
    else other.once("close", reset);
  }

  function reset(): void {
    if (isClosed) return;
    isClosed = true;
    for (const one of [up, down]) clearTimeout(one.timer);
    client.resetAndDestroy();
    server.resetAndDestroy();
    for (const listener of listeners) listener();
  }

  return link;
}
