/** The memory of the services, and how they answer the others, while crowds of clients do as little as they can. */
import type { BenchRun } from "../measure/bench-run.ts";
import { startStack } from "../measure/stack.ts";
import { measureIdleClients } from "./connections/idle-clients.ts";
import { measureSlowSenders } from "./connections/slow-senders.ts";
import { measureUnreadAnswers } from "./connections/unread-answers.ts";

export async function connections(run: BenchRun): Promise<void> {
  const stack = await startStack(run);
  if (run.wants("idle")) await measureIdleClients(run, stack);
  if (run.wants("slow-senders")) await measureSlowSenders(run, stack);
  if (run.wants("unread-answers")) await measureUnreadAnswers(run, stack);
}
