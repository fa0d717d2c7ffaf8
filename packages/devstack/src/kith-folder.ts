/** Where the repository and its working folder lie. */
import { join, resolve } from "node:path";

/** The root of this clone. */
export const repositoryRoot: string = resolve(import.meta.dirname, "../../..");

/** Everything that the embedded stack keeps: `.kith/` of this clone, or KITH_FOLDER. Removing it forgets all data. */
export const kithFolder: string = resolve(process.env.KITH_FOLDER || join(repositoryRoot, ".kith"));

/** Where this process keeps what it throws away. If it is killed, the next run of tests removes the folder. */
export const throwAwayFolder: string = join(kithFolder, `test-${process.pid}`);

/** The process that a name in `.kith/` belongs to, if it is that of a folder to throw away. */
export function ownerOfThrowAway(name: string): number | undefined {
  const pid = /^test-(\d+)$/.exec(name)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** Kafka's jars: not data, so wherever the data are, they are fetched once per clone. */
export const kafkaJarsFolder: string = join(repositoryRoot, ".kith/kafka-jars");
