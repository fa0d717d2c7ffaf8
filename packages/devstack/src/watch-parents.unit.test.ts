import { expect, it } from "vitest";
import { isPackageManager } from "./watch-parents.ts";

it.each([
  ["pnpm start", true],
  ["npm exec pnpm@12 start", true],
  ["/usr/bin/node /usr/lib/node_modules/npm/bin/npx-cli.js -y pnpm@12 start", true],
  ["node /home/a/.npm/_npx/1f/node_modules/.bin/pnpm.cjs start", true],
  ["node packages/devstack/src/start.ts", false],
  ["sh -c node packages/devstack/src/start.ts", false],
  ["bash -c npx -y pnpm@12 start", false],
  ["-bash", false],
  ["", false],
])("takes %j for a package manager: %s", (command, expected) => {
  expect(isPackageManager(command)).toBe(expected);
});
