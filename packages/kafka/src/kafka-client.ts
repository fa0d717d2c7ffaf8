/**
 * The connection settings of one process. KafkaJS objects are made from it one per use (a publisher, a consumer, the
 * admin connection): consumers of one KafkaJS object share their committed offsets, and sockets are closed by use.
 */
import { type AdminConnection, createAdminConnection } from "./admin-connection.ts";
import { type KafkaLink, type LinkOptions, openLink } from "./kafka-link.ts";
import type { KafkaSettings } from "./kafka-settings.ts";
import { createLog, type Log } from "./log-entry.ts";

const internals: unique symbol = Symbol("kafka client internals");

/** What this package needs of a client; not exported from it. */
export type ClientInternals = {
  readonly log: Log;
  readonly admin: AdminConnection;
  openLink(options: LinkOptions): KafkaLink;
};

/** Opaque: made by {@link connectKafka}, used by everything else here. */
export type KafkaClient = { readonly [internals]: ClientInternals };

/**
 * Keeps the settings; nothing is connected before it is needed, so this works while the brokers are away.
 *
 * @example
 * const kafka = connectKafka({ brokers: ["127.0.0.1:9092"], clientId: "my-service" });
 */
export function connectKafka(settings: KafkaSettings): KafkaClient {
  const log = createLog(settings.onLog);
  const open = (options: LinkOptions): KafkaLink => openLink(settings, log, options);
  return {
    [internals]: { log, openLink: open, admin: createAdminConnection({ openLink: open }) },
  };
}

/** Closes what {@link connectKafka} itself holds; publishers and consumers are closed by those who made them. */
export async function closeKafka(client: KafkaClient): Promise<void> {
  await client[internals].admin.close();
}

/** The inside of a client, for the files of this package. */
export function internalsOf(client: KafkaClient): ClientInternals {
  return client[internals];
}
