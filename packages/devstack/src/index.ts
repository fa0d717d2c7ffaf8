/** The embedded Postgres and Kafka behind `pnpm start`, the tests and the bench. */
export { fetchKafka } from "./fetch-kafka.ts";
export { chooseFreePort } from "./free-port.ts";
export { findJava, PrerequisiteError } from "./java.ts";
export { kafkaJarsFolder, kithFolder, repositoryRoot } from "./kith-folder.ts";
export { type Say, sayNothing, sayOnStdout } from "./say.ts";
export { serviceNodeFlags } from "./service-node-flags.ts";
export { type StackAddresses, stackFile } from "./stack-file.ts";
export { startTestStack } from "./stack-for-tests.ts";
export { type KafkaOptions, type RunningKafka, startKafka } from "./start-kafka.ts";
export { type PostgresOptions, type RunningPostgres, startPostgres } from "./start-postgres.ts";
export type { TestStack } from "./test-stack.ts";
