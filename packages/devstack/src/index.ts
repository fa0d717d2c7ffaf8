/** The embedded Postgres and Kafka behind `pnpm start`, the tests and the bench. */
export { fetchKafka } from "./fetch-kafka.ts";
export { newClusterId } from "./format-kafka.ts";
export { chooseFreePort } from "./free-port.ts";
export { findJava, PrerequisiteError } from "./java.ts";
export type { KafkaCluster, KafkaListener } from "./kafka-properties.ts";
export { kafkaJarsFolder, kithFolder, repositoryRoot } from "./kith-folder.ts";
export { type CertificateAuthority, type IssuedCertificate, makeCertificateAuthority } from "./make-certificates.ts";
export { removeReachableFolder } from "./reachable-folder.ts";
export { type GuardedServer, startGuardedServer } from "./run-guarded.ts";
export { type Say, sayNothing, sayOnStdout } from "./say.ts";
export { serviceNodeFlags } from "./service-node-flags.ts";
export { type StackAddresses, stackFile } from "./stack-file.ts";
export { startTestStack } from "./stack-for-tests.ts";
export { type KafkaOptions, type RunningKafka, startKafka } from "./start-kafka.ts";
export { type PostgresOptions, type RunningPostgres, startPostgres } from "./start-postgres.ts";
export type { TestStack } from "./test-stack.ts";
export { watchParents } from "./watch-parents.ts";
