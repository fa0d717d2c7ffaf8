/**
 * Receipts: opaque tokens naming where in the log an observation lies. They hold no personal data and no secret:
 * version, topic id, partition, offset, and a MAC over them.
 */
import { hash, timingSafeEqual } from "node:crypto";

/** A place in the log. */
export type LogPosition = {
  /** The topic's id as Kafka assigned it at creation, a lower-case UUID. */
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
};

/** Issues and reads the receipts of one deployment. */
export type Receipts = {
  issue(position: LogPosition): string;
  /** The position a receipt names, or undefined if this key did not issue it. */
  read(receipt: string): LogPosition | undefined;
};

const VERSION = 1;
const BODY_BYTES = 1 + 16 + 4 + 8;
const MAC_BYTES = 12;
const KEY_BYTES = 32;
const RECEIPT = /^[A-Za-z0-9_-]{55}$/;

/**
 * The receipts made with one secret. Every process of a deployment needs the same one: `RECEIPT_SECRET`, or by default
 * a text made from the Kafka cluster's id, so that receipts stay valid across restarts with nothing configured.
 */
export function createReceipts(secret: string): Receipts {
  // SHA-256 over key and body is a sound MAC here, though it is not HMAC: every body has the same length and less than
  // half of the digest is shown, so a digest cannot be extended. One call takes 1 µs where createHmac takes 14.
  const keyed = Buffer.alloc(KEY_BYTES + BODY_BYTES);
  hash("sha256", `kith receipt v1\0${secret}`, "buffer").copy(keyed);
  const mac = (body: Buffer): Buffer => {
    body.copy(keyed, KEY_BYTES, 0, BODY_BYTES);
    return hash("sha256", keyed, "buffer").subarray(0, MAC_BYTES);
  };
  const topicBytes = new Map<string, Buffer>();
  // One for all: a receipt is text when `issue` returns.
  const issued = Buffer.alloc(BODY_BYTES + MAC_BYTES);
  issued[0] = VERSION;

  return {
    issue({ topicId, partition, offset }) {
      let topic = topicBytes.get(topicId);
      if (!topic) {
        topic = Buffer.from(topicId.replaceAll("-", ""), "hex");
        topicBytes.set(topicId, topic);
      }
      topic.copy(issued, 1);
      issued.writeUInt32BE(partition, 17);
      issued.writeUInt32BE(Math.floor(offset / 2 ** 32), 21);
      issued.writeUInt32BE(offset % 2 ** 32, 25);
      mac(issued).copy(issued, BODY_BYTES);
      return issued.toString("base64url");
    },

    read(receipt) {
      if (!RECEIPT.test(receipt)) return undefined;
      const bytes = Buffer.from(receipt, "base64url");
      if (bytes[0] !== VERSION || bytes.toString("base64url") !== receipt) return undefined;
      const body = bytes.subarray(0, BODY_BYTES);
      if (!timingSafeEqual(mac(body), bytes.subarray(BODY_BYTES))) return undefined;
      const h = body.toString("hex", 1, 17);
      return {
        topicId: `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`,
        partition: body.readUInt32BE(17),
        offset: Number(body.readBigUInt64BE(21)),
      };
    },
  };
}
