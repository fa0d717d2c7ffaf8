/** Reads the dead-letter topic: which records it names, with which code, and how often. */
import { DEAD_LETTER_HEADERS } from "@kith/contracts";
import { followTopic, type KafkaClient } from "@kith/kafka";

export type LetterFollower = {
  positions(): ReadonlyMap<number, number>;
  /** Code by `partition:offset`. */
  letters(): ReadonlyMap<string, string>;
  repeats(): number;
  stop(): Promise<void>;
};

export async function followLetters(kafka: KafkaClient, topic: string): Promise<LetterFollower> {
  const positions = new Map<number, number>();
  const letters = new Map<string, string>();
  let repeats = 0;
  const follower = await followTopic(kafka, {
    topic,
    fromBeginning: true,
    groupId: "kith-faults-letters",
    onRecord({ partition, offset, headers }) {
      if (offset < (positions.get(partition) ?? 0)) return;
      positions.set(partition, offset + 1);
      const place = `${headers[DEAD_LETTER_HEADERS.partition]}:${headers[DEAD_LETTER_HEADERS.offset]}`;
      if (letters.has(place)) repeats += 1;
      letters.set(place, String(headers[DEAD_LETTER_HEADERS.code]));
    },
  });
  return { positions: () => positions, letters: () => letters, repeats: () => repeats, stop: () => follower.stop() };
}
