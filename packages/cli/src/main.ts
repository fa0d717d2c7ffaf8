#!/usr/bin/env node
/** `kith`, the command line of a deployment. Results go to standard output, failures to standard error. */
import { runCommand } from "./run-command.ts";

process.exitCode = await runCommand({
  words: process.argv.slice(2),
  env: process.env,
  terminal: {
    print: (line) => console.log(line),
    warn: (line) => console.error(line),
    wait: { deadlineMs: 60_000, pauseMs: 500 },
  },
});
