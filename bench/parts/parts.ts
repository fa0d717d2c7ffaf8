/** The parts of the bench by name, in the order in which they run. `memory` reads what the ones before it found. */
import type { Part } from "../measure/bench-run.ts";
import { batchSize } from "./batch-size.ts";
import { connections } from "./connections.ts";
import { drain } from "./drain.ts";
import { growth } from "./growth.ts";
import { http } from "./http.ts";
import { hub } from "./hub.ts";
import { identifiers } from "./identifiers.ts";
import { identify } from "./identify.ts";
import { lookup } from "./lookup.ts";
import { memory } from "./memory.ts";
import { rebuild } from "./rebuild.ts";
import { start } from "./start.ts";

export const parts: Readonly<Record<string, Part>> = {
  start,
  drain,
  identify,
  http,
  lookup,
  growth,
  hub,
  "batch-size": batchSize,
  identifiers,
  connections,
  rebuild,
  memory,
};
