/**
 * Waits until the broker serves idempotent producers and consumer groups. Both coordinators load on first use, and
 * until then every client logs a retry or two: asking here first keeps that out of the users' logs. Three requests of
 * the oldest protocol version that Kafka 4 speaks, so that no client library is needed.
 */
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const FIND_COORDINATOR = 10;
const HEARTBEAT = 12;
const INIT_PRODUCER_ID = 22;
const REQUEST_LIMIT_MS = 5_000;
const POLL_MS = 50;
const GROUP = "kith-devstack";

/** The group coordinator's "not yet": loading, not available. */
const notYet = new Set([14, 15]);
/** "Not this broker", which where there is only one means "not yet". */
const NOT_COORDINATOR = 16;

/** Resolves when both coordinators answer; false if `isOver` says so first. */
export async function awaitCoordinators(port: number, isAlone: boolean, isOver: () => boolean): Promise<boolean> {
  while (!isOver()) {
    if (await areReady(port, isAlone)) return true;
    await delay(POLL_MS);
  }
  return false;
}

async function areReady(port: number, isAlone: boolean): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port });
  try {
    await settled(socket, "connect");
    // transactional id: none; transaction timeout. Answer: throttle time, error code, …
    const producer = await ask(socket, INIT_PRODUCER_ID, Buffer.concat([int16(-1), int32(60_000)]));
    if (producer.readInt16BE(4) !== 0) return false;
    const coordinator = await ask(socket, FIND_COORDINATOR, text(GROUP));
    if (coordinator.readInt16BE(0) !== 0) return false;
    // A heartbeat of a member that never was: any refusal but "not yet" comes from a loaded coordinator.
    const heartbeat = await ask(socket, HEARTBEAT, Buffer.concat([text(GROUP), int32(0), text("nobody")]));
    const refusal = heartbeat.readInt16BE(0);
    return !notYet.has(refusal) && !(isAlone && refusal === NOT_COORDINATOR);
  } catch (error) {
    // The broker does not listen yet, or closed the connection while starting.
    if (error instanceof Error && "code" in error) return false;
    throw error;
  } finally {
    socket.destroy();
  }
}

/** Sends one request and returns the body of the answer. The answers are far smaller than one packet. */
async function ask(socket: Socket, apiKey: number, body: Buffer): Promise<Buffer> {
  const request = Buffer.concat([int16(apiKey), int16(0), int32(1), text("kith-devstack"), body]);
  const answered = settled(socket, "data");
  socket.write(Buffer.concat([int32(request.length), request]));
  const answer = await answered;
  // length, correlation id
  return Buffer.from(answer as Buffer).subarray(8);
}

function settled(socket: Socket, event: "connect" | "data"): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const failed = (code: string) => reject(Object.assign(new Error(`Kafka probe: ${code}`), { code }));
    socket.removeAllListeners();
    socket.once("error", reject);
    socket.once("close", () => failed("ECONNRESET"));
    socket.setTimeout(REQUEST_LIMIT_MS, () => failed("ETIMEDOUT"));
    socket.once(event, resolve);
  });
}

function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([int16(bytes.length), bytes]);
}
