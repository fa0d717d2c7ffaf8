/**
 * A publisher that a dead letter can not block. The topic's own limit is above that of any dead letter, but a topic may
 * be laid out otherwise: a copy that is too large for it goes without key, value and the record's own headers, and says
 * what is missing. The table has the whole letter.
 */
import { hash } from "node:crypto";
import { DEAD_LETTER_HEADERS } from "@kith/contracts";
import { type LogPlace, type OutgoingRecord, PublishError, type Publisher } from "@kith/kafka";
import type { Logger } from "@kith/service-kit";
import { HEADER_FRAME_BYTES } from "../steps/describe-dead-letter.ts";

/** The place of a letter that its topic takes no copy of, however small. */
const NOWHERE: LogPlace = { partition: -1, offset: -1 };

/** A publisher of dead letters: `publisher`, but what is too large for its topic goes smaller. */
export function withSmallerCopies(publisher: Publisher, logger: Logger): Publisher {
  return { ...publisher, publish: (topic, records) => publishLetters(publisher, topic, records, logger) };
}

async function publishLetters(
  publisher: Publisher,
  topic: string,
  records: readonly OutgoingRecord[],
  logger: Logger,
): Promise<LogPlace[]> {
  try {
    return await publisher.publish(topic, records);
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    if (records.length > 1) {
      // One by one, so that only what is too large goes without its content. The others may come twice.
      const places = [];
      for (const record of records) places.push(...(await publishLetters(publisher, topic, [record], logger)));
      return places;
    }
    const smaller = records.map(withoutContent);
    const place = { code: String(smaller[0]!.headers![DEAD_LETTER_HEADERS.code]) };
    logger.warn(place, "a dead letter is too large for its topic: published without its content");
    try {
      return await publisher.publish(topic, smaller);
    } catch (again) {
      if (!isTooLarge(again)) throw again;
      logger.error(place, "the dead-letter topic takes no dead letters: this one is in the table only");
      return [NOWHERE];
    }
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof PublishError && error.tooLarge;
}

/** Why and where, how large it was, and the hash of the value. */
function withoutContent(record: OutgoingRecord): OutgoingRecord {
  const { key, value, partition, headers = {} } = record;
  const kept: Record<string, string | Buffer> = {};
  if (key !== null) kept[DEAD_LETTER_HEADERS.keyBytes] = String(Buffer.byteLength(key));
  if (value !== null) {
    kept[DEAD_LETTER_HEADERS.valueBytes] = String(Buffer.byteLength(value));
    kept[DEAD_LETTER_HEADERS.valueSha256] = hash("sha256", value, "hex");
  }
  kept[DEAD_LETTER_HEADERS.headersBytes] = String(headersBytes(headers));
  // What the letter says itself comes last: it is about the whole record, where the letter was cut already.
  for (const name of Object.values(DEAD_LETTER_HEADERS)) {
    const given = headers[name];
    if (given !== undefined && !Array.isArray(given)) kept[name] = given;
  }
  return { key: null, value: null, headers: kept, partition };
}

function headersBytes(headers: NonNullable<OutgoingRecord["headers"]>): number {
  const ours = new Set<string>(Object.values(DEAD_LETTER_HEADERS));
  let bytes = 0;
  for (const name of Object.keys(headers)) {
    if (ours.has(name)) continue;
    const given = headers[name]!;
    for (const value of Array.isArray(given) ? given : [given])
      bytes += HEADER_FRAME_BYTES + Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  return bytes;
}
