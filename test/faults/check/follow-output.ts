/**
 * Folds `identity.resolved` as it grows, as every subscriber does: apply iff newer. Besides, it looks at the topic itself:
 * versions of a key ascend; what is said again is said in the same words; what stands last is the newest, since that is
 * what compaction keeps.
 */
import { hash } from "node:crypto";
import { type IdentityResolvedRecord, identityResolvedRecord } from "@kith/contracts";
import { followTopic, type IncomingRecord, type KafkaClient } from "@kith/kafka";

export type OutputFollower = {
  positions(): ReadonlyMap<number, number>;
  /** The newest record by identity. */
  identities(): ReadonlyMap<number, IdentityResolvedRecord>;
  /** Versions by identity of the record that stands last. */
  lastVersions(): ReadonlyMap<number, number>;
  /** Something older than the newest stands last for its key. */
  isBehind(): boolean;
  counts(): { records: number; repeats: number; olderAfterNewer: number };
  /** When the producers wrote what was said again. */
  repeatedAtMs(): readonly number[];
  faults(): string[];
  stop(): Promise<void>;
};

const FAULTS_MAX = 20;

export async function followOutput(kafka: KafkaClient, topic: string): Promise<OutputFollower> {
  const positions = new Map<number, number>();
  const identities = new Map<number, IdentityResolvedRecord>();
  const lastVersions = new Map<number, number>();
  /** The text of each version that was ever said, by its digest. */
  const said = new Map<string, string>();
  const repeatedAtMs: number[] = [];
  const counts = { records: 0, repeats: 0, olderAfterNewer: 0 };
  const faults: string[] = [];

  function fault(what: string): void {
    if (faults.length < FAULTS_MAX) faults.push(what);
  }

  function take({ partition, offset, key, value, timestampMs }: IncomingRecord & { readonly partition: number }): void {
    if (offset < (positions.get(partition) ?? 0)) return;
    positions.set(partition, offset + 1);
    counts.records += 1;
    const text = String(value);
    const parsed = identityResolvedRecord.safeParse(JSON.parse(text));
    if (!parsed.success) {
      fault(`record ${partition}:${offset} of identity.resolved is not as the contract says`);
      return;
    }
    const record = parsed.data;
    const { identityId, version } = record;
    if (String(key) !== String(identityId)) fault(`identity ${identityId} was published under another key`);
    const name = `${identityId}.${version}`;
    const digest = hash("md5", text, "base64");
    const before = said.get(name);
    if (before === digest) {
      counts.repeats += 1;
      repeatedAtMs.push(timestampMs);
    } else if (before !== undefined) fault(`${name} was published with two texts`);
    said.set(name, digest);
    const held = identities.get(identityId);
    if (held === undefined || version > held.version) identities.set(identityId, record);
    else if (version < held.version && before === undefined) counts.olderAfterNewer += 1;
    lastVersions.set(identityId, version);
  }

  const follower = await followTopic(kafka, {
    topic,
    fromBeginning: true,
    groupId: "kith-faults-output",
    onRecord: take,
  });
  return {
    positions: () => positions,
    identities: () => identities,
    lastVersions: () => lastVersions,
    isBehind: () => [...identities].some(([id, { version }]) => lastVersions.get(id) !== version),
    counts: () => counts,
    repeatedAtMs: () => repeatedAtMs,
    faults: () => faults,
    stop: () => follower.stop(),
  };
}
