/** One cached connection for administrative questions. It connects when first asked and again after it was lost. */
import type { Admin } from "kafkajs";
import type { KafkaLink, LinkOptions } from "./kafka-link.ts";
import { within } from "./within.ts";

/** How long one question may take, a reconnection included. */
const ANSWER_DEADLINE_MS = 30_000;
const CLOSE_DEADLINE_MS = 2_000;
const RETRIES = 5;

export type AdminConnection = {
  /** Asks over the cached connection, once more over a fresh one if that is lost. */
  ask<T>(question: (admin: Admin, link: KafkaLink) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

type Connected = { readonly admin: Admin; readonly link: KafkaLink };

export function createAdminConnection({ openLink }: { openLink(options: LinkOptions): KafkaLink }): AdminConnection {
  let current: Promise<Connected> | undefined;

  function connection(): Promise<Connected> {
    current ??= connect();
    return current;
  }

  async function connect(): Promise<Connected> {
    const link = openLink({ retries: RETRIES });
    const admin = link.kafka.admin();
    try {
      await admin.connect();
    } catch (error) {
      link.cut();
      throw error;
    }
    return { admin, link };
  }

  async function drop(dropped: Promise<Connected>): Promise<void> {
    if (current === dropped) current = undefined;
    const connected = await dropped.catch(() => undefined);
    if (connected === undefined) return;
    await within(CLOSE_DEADLINE_MS, connected.admin.disconnect()).catch(() => undefined);
    connected.link.cut();
  }

  async function askOnce<T>(question: (admin: Admin, link: KafkaLink) => Promise<T>): Promise<T> {
    const used = connection();
    try {
      const { admin, link } = await used;
      return await question(admin, link);
    } catch (error) {
      void drop(used);
      throw error;
    }
  }

  return {
    async ask(question) {
      return await within(
        ANSWER_DEADLINE_MS,
        askOnce(question).catch((error) => {
          if (isAnswer(error)) throw error;
          return askOnce(question);
        }),
      );
    },
    async close() {
      if (current !== undefined) await drop(current);
    },
  };
}

/** True if a broker answered, with a refusal that a fresh connection would get as well. */
function isAnswer(error: unknown): boolean {
  return error instanceof Error && "type" in error && "retriable" in error && error.retriable === false;
}
