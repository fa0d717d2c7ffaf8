/**
 * Four kinds of tests, told apart by the name of the file. All but `unit` share one Postgres and one Kafka per run;
 * `canary` looks at what the others left.
 */
import { availableParallelism } from "node:os";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

const FOLDERS = "{services,packages,migrations,bench,examples,test}";
const SERVER_SETUP = "./packages/testkit/src/stack-global-setup.ts";
const ANSWERS_SETUP = "./packages/testkit/src/keep-answers.ts";

function project(kind: "unit" | "int" | "e2e" | "canary", options: TestProjectInlineConfiguration["test"]) {
  return { extends: true as const, test: { name: kind, include: [`${FOLDERS}/**/*.${kind}.test.ts`], ...options } };
}

export default defineConfig({
  test: {
    // A process for each file: what a file leaves open ends with it.
    pool: "forks",
    isolate: true,
    // Limits are for machines with much else to do: a test waits for a state and goes on as soon as it is there.
    expect: { poll: { interval: 20, timeout: 60_000 } },
    teardownTimeout: 60_000,
    exclude: ["**/node_modules/**", "**/.kith/**"],
    projects: [
      // Some wait for child processes and timers, so there are more workers than cores; they hold no server, so files share them.
      project("unit", {
        maxWorkers: 2 * availableParallelism(),
        isolate: false,
        testTimeout: 90_000,
        sequence: { groupOrder: 0 },
      }),
      project("int", {
        // The servers need a core as well; more workers only wait for them.
        maxWorkers: 2,
        globalSetup: SERVER_SETUP,
        setupFiles: ANSWERS_SETUP,
        testTimeout: 180_000,
        hookTimeout: 180_000,
        sequence: { groupOrder: 1 },
      }),
      project("e2e", {
        // Each file runs whole services and kills some of them: one at a time.
        fileParallelism: false,
        globalSetup: SERVER_SETUP,
        setupFiles: ANSWERS_SETUP,
        testTimeout: 300_000,
        hookTimeout: 300_000,
        sequence: { groupOrder: 2 },
      }),
      // Last, because it looks for what was sent in all that the two before it were told.
      project("canary", {
        globalSetup: SERVER_SETUP,
        testTimeout: 120_000,
        sequence: { groupOrder: 3 },
      }),
    ],
  },
});
