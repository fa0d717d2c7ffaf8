import { expect, test } from "vitest";
import { createWaitingClients } from "./waiting-clients.ts";

test.each([
  ["nobody waits", 0, 1_000, false],
  ["a few wait", 31, 31, false],
  ["half of the least crowd", 32, 16, true],
  ["less than half", 64, 31, false],
  ["half", 64, 32, true],
  ["half of an odd number", 65, 33, true],
  ["with orders that nobody waits for", 64, 500, true],
])("%s: of %i clients, %i records are a group: %s", (_, clients, records, expected) => {
  const waitingClients = createWaitingClients();
  for (let client = 0; client < clients + 5; client++) waitingClients.enter();
  for (let client = 0; client < 5; client++) waitingClients.leave();
  expect(waitingClients.isGroup(records)).toBe(expected);
});
