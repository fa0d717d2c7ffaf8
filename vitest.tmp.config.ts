import { defineConfig } from "vitest/config";
export default defineConfig({ root: "/work/main", test: { include: ["services/reconciler/**/*.int.test.ts"], provide: { databaseUrl: "postgres://postgres:kith@127.0.0.1:55432/postgres" } as any, testTimeout: 60000, hookTimeout: 60000, maxWorkers: 1 } });
