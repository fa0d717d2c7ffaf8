/** HTTP by hand over a bare socket: sends exactly the bytes given, also those no client library would send. */
import net from "node:net";

/** What came back, until the server closed the connection or `limitMs` was over. */
export type SocketAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Every byte that came, as latin1. */
  readonly bytes: string;
  readonly closedByServer: boolean;
  readonly tookMs: number;
};

export type Head = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
};

const LIMIT_MS = 20_000;

/** The bytes of a request with a body, its length declared. Header values are latin1, as on the wire. */
export function requestBytes(host: string, { method, path, headers }: Head, body: Buffer = Buffer.alloc(0)): Buffer {
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`];
  if (headers.connection === undefined) lines.push("Connection: close");
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  const hasLength = Object.keys(headers).some((name) => /^(content-length|transfer-encoding)$/i.test(name));
  if (!hasLength && method !== "GET") lines.push(`Content-Length: ${body.length}`);
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), body]);
}

/** Sends the chunks, each when the one before is written, and reads until the server closes. */
export async function overSocket(
  url: string,
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
  limitMs = LIMIT_MS,
): Promise<SocketAnswer> {
  const { hostname, port } = new URL(url);
  const socket = net.connect({ host: hostname, port: Number(port), noDelay: true });
  const startedAt = performance.now();
  const received: Buffer[] = [];
  const closed = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => closed.resolve(false), limitMs);
  socket.on("data", (chunk: Buffer) => received.push(chunk));
  socket.on("close", () => closed.resolve(true));
  // A server that refuses early may reset the connection while the rest is still being sent.
  socket.on("error", () => closed.resolve(true));
  for await (const chunk of chunks) {
    if (socket.destroyed) break;
    socket.write(chunk);
  }
  const closedByServer = await closed.promise;
  clearTimeout(timer);
  socket.destroy();
  const all = Buffer.concat(received);
  return { ...parse(all), bytes: all.toString("latin1"), closedByServer, tookMs: performance.now() - startedAt };
}

function parse(all: Buffer): Pick<SocketAnswer, "status" | "headers" | "body"> {
  const headEnd = all.indexOf("\r\n\r\n");
  if (headEnd === -1) return { status: 0, headers: {}, body: "" };
  const [first = "", ...lines] = all.toString("latin1", 0, headEnd).split("\r\n");
  const headers: Record<string, string> = {};
  for (const line of lines)
    headers[line.slice(0, line.indexOf(":")).toLowerCase()] = line.slice(line.indexOf(":") + 1).trim();
  const rest = all.subarray(headEnd + 4);
  const body = headers["transfer-encoding"] === "chunked" ? unchunk(rest) : rest;
  return { status: Number(first.split(" ")[1]), headers, body: body.toString("utf8") };
}

function unchunk(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    if (!(size > 0)) break;
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
  return Buffer.concat(parts);
}
