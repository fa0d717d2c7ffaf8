/** Notes on each link to Kafka what it is used for: "produce", "fetch", "group". Bytes pass as they are. */
import type { Link } from "./link.ts";
import type { Tap } from "./tap.ts";

const TAG_OF_API: Readonly<Record<number, string>> = { 0: "produce", 1: "fetch", 11: "group", 14: "group" };
/** Length, then the number of the request. */
const HEAD_BYTES = 6;

export function createKafkaTap(link: Link): Tap {
  let head = Buffer.alloc(0);
  let bodyLeft = 0;

  return {
    toServer(chunk) {
      let at = 0;
      while (at < chunk.length) {
        if (bodyLeft > 0) {
          const step = Math.min(bodyLeft, chunk.length - at);
          bodyLeft -= step;
          at += step;
          continue;
        }
        const step = Math.min(HEAD_BYTES - head.length, chunk.length - at);
        head = Buffer.concat([head, chunk.subarray(at, at + step)]);
        at += step;
        if (head.length < HEAD_BYTES) break;
        const tag = TAG_OF_API[head.readInt16BE(4)];
        if (tag !== undefined) link.tags.add(tag);
        bodyLeft = Math.max(0, head.readInt32BE(0) - 2);
        head = Buffer.alloc(0);
      }
      return [chunk];
    },
    toClient: (chunk) => [chunk],
  };
}
