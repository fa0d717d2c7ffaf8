/** Where the repository and its working folder lie. */
import { join, resolve } from "node:path";

/** The root of this clone. */
export const repositoryRoot: string = resolve(import.meta.dirname, "../../..");

/** Everything that the embedded stack keeps: `.kith/` of this clone, or KITH_FOLDER. Removing it forgets all data. */
export const kithFolder: string = resolve(process.env.KITH_FOLDER || join(repositoryRoot, ".kith"));

/** Kafka's jars: not data, so wherever the data are, they are fetched once per clone. */
export const kafkaJarsFolder: string = join(repositoryRoot, ".kith/kafka-jars");
