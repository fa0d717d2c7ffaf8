/**
 * The frame around a request to a broker. KafkaJS 2.2.4 copies each request twice more to write it, through buffers that
 * are filled with zeros first.
 * Format: https://kafka.apache.org/protocol#protocol_common
 */

/** What KafkaJS knows of a request. `encode` is called once. */
export type FramedRequest = {
  readonly apiKey: number;
  readonly apiVersion: number;
  encode(): Promise<EncodedRequest>;
};

/** One of KafkaJS's encoders, or {@link RequestParts}. */
export type EncodedRequest = { readonly buffer: Buffer; readonly parts?: readonly Buffer[] };

/** A request whose parts are put together in its frame. A KafkaJS that was loaded before ours reads `buf` and `buffer`. */
export class RequestParts implements EncodedRequest {
  readonly parts: readonly Buffer[];

  constructor(parts: readonly Buffer[]) {
    this.parts = parts;
  }

  get buffer(): Buffer {
    return Buffer.concat(this.parts);
  }

  get buf(): Buffer {
    return this.parts[0]!;
  }
}

/** Its size, its kind, its version and its number. */
const HEAD_BYTES = 12;

/** A request with its frame. `buffer` is what goes to the socket. */
export async function frameRequest(framed: {
  readonly correlationId: number;
  readonly clientId: string | null;
  readonly request: FramedRequest;
}): Promise<{ readonly buffer: Buffer }> {
  const { correlationId, clientId, request } = framed;
  const encoded = await request.encode();
  const parts = encoded.parts ?? [encoded.buffer];
  const headBytes = HEAD_BYTES + stringBytes(clientId);
  const size = parts.reduce((sum, part) => sum + part.length, headBytes);
  const head = Buffer.allocUnsafe(headBytes);
  head.writeInt32BE(size - 4, 0);
  head.writeInt16BE(request.apiKey, 4);
  head.writeInt16BE(request.apiVersion, 6);
  head.writeInt32BE(correlationId, 8);
  writeString(head, HEAD_BYTES, clientId);
  return { buffer: Buffer.concat([head, ...parts], size) };
}

/** Two octets of length, -1 for null, then UTF-8. Returns where it ends. */
export function writeString(out: Buffer, at: number, text: string | null): number {
  const start = out.writeInt16BE(text === null ? -1 : Buffer.byteLength(text), at);
  return text === null ? start : start + out.write(text, start, "utf8");
}

/** What {@link writeString} takes. */
export function stringBytes(text: string | null): number {
  return 2 + (text === null ? 0 : Buffer.byteLength(text));
}
