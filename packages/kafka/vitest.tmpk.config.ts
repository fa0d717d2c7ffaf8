import { defineConfig } from "vitest/config";
export default defineConfig({
  root: "/work/main",
  test: {
    pool: "forks",
    include: ["packages/kafka/**/*.int.test.ts"],
    provide: { kafkaBrokers: "127.0.0.1:29092" } as any,
    testTimeout: 60000,
    hookTimeout: 60000,
    maxWorkers: 1,
  },
});
