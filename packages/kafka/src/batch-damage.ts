/**
 * What stands at the end of a fetch for a record batch that can not be read: its octets changed, it can not be unpacked,
 * or its records are malformed. KafkaJS takes it for a record, so it comes to the reader of its own partition and to
 * nobody else's; an error would end the fetches of all partitions.
 */
export class BatchDamage {
  readonly magicByte = 2;
  readonly attributes = 0;
  readonly timestamp = "-1";
  /** Beyond every record: KafkaJS leaves out what lies before the offset it asked for. */
  readonly offset = String(Number.MAX_SAFE_INTEGER);
  readonly key = null;
  readonly value = null;
  readonly headers = {};
  readonly isControlRecord = false;
  readonly batchContext = { producerId: "-1", inTransaction: false };
  readonly error: Error;

  constructor(error: Error) {
    this.error = error;
  }
}

/** The offset after the last record that could be read, or `from` if there is none. */
export function endBeforeDamage(records: readonly { readonly offset: string }[], from: number): number {
  const last = records.findLast((record) => !(record instanceof BatchDamage));
  return last === undefined ? from : Math.max(from, Number(last.offset) + 1);
}
