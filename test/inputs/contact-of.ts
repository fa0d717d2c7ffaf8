/** What the running system says of people, for the tests of what is accepted. */
import { ask, type World } from "@kith/testkit/system";
import { expect } from "vitest";
import { noteSent } from "./sent-values.ts";

export type Contact = {
  readonly primaryContactId: number;
  readonly emails: readonly string[];
  readonly phoneNumbers: readonly string[];
  readonly secondaryContactIds: readonly number[];
};
export type Answered = {
  readonly contact: Contact;
  readonly identity: {
    readonly identityId: number;
    readonly version: number;
    readonly size: number;
    readonly truncated: boolean;
    readonly mergedFrom?: readonly number[];
  };
  readonly unmatched?: readonly string[];
};

/** The contact that identify answers with; fails unless it answers 200. */
export async function identify(
  world: World,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Contact> {
  noteSent(body);
  const answer = await ask<{ contact: Contact }>(`${world.system.ingressUrl}/api/identify`, { body, headers });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.contact;
}

/** Sends an order; fails unless it is in the log. */
export async function order(
  world: World,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ eventId: string; receipt: string; dropped?: string[] }> {
  noteSent(body);
  const answer = await ask<{ eventId: string; receipt: string; dropped?: string[] }>(
    `${world.system.ingressUrl}/v1/orders`,
    { body, headers },
  );
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return answer.body;
}

/** A lookup's status and body. */
export async function lookUp(world: World, body: unknown): Promise<{ status: number; body: Answered }> {
  noteSent(body);
  return await ask<Answered>(`${world.system.queryUrl}/v1/contacts/lookup`, { body });
}
