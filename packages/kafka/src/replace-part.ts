/** KafkaJS loads its files one by one, so one of ours can stand in the place of one of its own. */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/**
 * Puts `part` in the place of what a file of KafkaJS exports, for all that load the file from now on; what has loaded it
 * before keeps what it has. `path` is the file's, from `kafkajs/src/` on.
 */
export function replacePart(path: string, part: unknown): void {
  const name = `kafkajs/src/${path}`;
  require(name);
  require.cache[require.resolve(name)]!.exports = part;
}
