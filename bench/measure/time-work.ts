/** How long the work of a limit takes, and the processor time of the bench itself and of the server it works with. */
import { startProcessorClock } from "./processor-time.ts";

export type WorkFigures = { readonly seconds: number; readonly processorSeconds: ReadonlyMap<string, number> };

export async function timeWork(serverPid: number, work: () => Promise<void>): Promise<WorkFigures> {
  const server = startProcessorClock({ server: serverPid });
  // Not by its process id: the servers and services are its children, and would count with it.
  const before = process.cpuUsage();
  const startedAtMs = performance.now();
  await work();
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const { user, system } = process.cpuUsage(before);
  return { seconds, processorSeconds: new Map([...server.seconds(), ["client", (user + system) / 1e6]]) };
}
