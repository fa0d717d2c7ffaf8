/** What is announced at the commit of a batch: how far each of its partitions is settled now. */

/** Where a partition goes on. */
export type SettledTo = { readonly partition: number; readonly to: number };

// A payload may have 8,000 bytes. A batch with more partitions than fit says nothing of the others: they are looked up.
const PARTITIONS_MAX = 200;

/** The payload: `<topic id> <partition>:<next offset> …` */
export function describeCommit(topicId: string, settled: readonly SettledTo[]): string {
  const places = settled.slice(0, PARTITIONS_MAX).map(({ partition, to }) => `${partition}:${to}`);
  return [topicId, ...places].join(" ");
}

/** Reads a payload of {@link describeCommit}; undefined for any other text. */
export function readCommit(payload: string): { topicId: string; settled: SettledTo[] } | undefined {
  const [topicId, ...places] = payload.split(" ");
  if (topicId === undefined || places.length === 0) return undefined;
  const settled = places.map((place) => {
    const [partition, to] = place.split(":").map(Number);
    return { partition: partition ?? Number.NaN, to: to ?? Number.NaN };
  });
  const isWhole = settled.every(({ partition, to }) => Number.isSafeInteger(partition) && Number.isSafeInteger(to));
  return isWhole ? { topicId, settled } : undefined;
}
