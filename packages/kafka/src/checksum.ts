/**
 * CRC-32C as the processor computes it, in the place of KafkaJS 2.2.4's table of numbers: ten times as fast and more, and
 * every record that is published or read passes through it.
 */
import { crc32c } from "@node-rs/crc32";
import { replacePart } from "./replace-part.ts";

/** Bytes → their CRC-32C, 0 to 2^32 - 1. */
export const checksum: (bytes: Buffer) => number = (bytes) => crc32c(bytes);

/** Puts {@link checksum} in the place of KafkaJS's own. To be called before KafkaJS loads its format of batches. */
export function replaceChecksum(): void {
  replacePart("protocol/recordBatch/crc32C", checksum);
}
