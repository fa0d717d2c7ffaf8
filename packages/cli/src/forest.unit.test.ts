import { expect, test } from "vitest";
import { createForest } from "./forest.ts";

test("numbers are apart until they are joined, by whatever way, and the least stands for its set", () => {
  const forest = createForest(6);
  expect(forest.union(4, 5)).toBe(true);
  expect(forest.union(3, 4)).toBe(true);
  expect(forest.union(1, 0)).toBe(true);
  expect(forest.union(5, 3)).toBe(false);
  expect([0, 1, 2, 3, 4, 5].map(forest.find)).toEqual([0, 0, 2, 3, 3, 3]);
  expect(forest.union(1, 5)).toBe(true);
  expect([0, 1, 2, 3, 4, 5].map(forest.find)).toEqual([0, 0, 2, 0, 0, 0]);
});

test("a long chain costs no depth of calls", () => {
  const count = 200_000;
  const forest = createForest(count);
  for (let at = count - 1; at > 0; at--) forest.union(at - 1, at);
  expect(forest.find(count - 1)).toBe(0);
});
