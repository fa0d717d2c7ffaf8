import { expect, it } from "vitest";
import { bytesArray, numberArray, textArray, uuidArray } from "./array-parameters.ts";

it.each([
  ["none", [], "{}"],
  ["plain texts", ["a", "b c", "NULL", "{x,y}"], '{"a","b c","NULL","{x,y}"}'],
  ["nulls between plain texts", [null, "a", null, null, "b", null], '{NULL,"a",NULL,NULL,"b",NULL}'],
  ["one null", [null], "{NULL}"],
  ["an empty text, which is no null", ["", null, "a"], '{"",NULL,"a"}'],
  ["quotes and backslashes", ['a"b', null, "c\\d", '""'], '{"a\\"b",NULL,"c\\\\d","\\"\\""}'],
] satisfies [string, (string | null)[], string][])("writes texts: %s", (_what, values, literal) => {
  expect(textArray(values)).toBe(literal);
});

it("writes numbers, UUIDs and bytes", () => {
  expect(numberArray([1, 2 ** 53 - 1])).toBe("{1,9007199254740991}");
  expect(uuidArray(["6864fe50-21b4-8653-aab0-29e7e5918993"])).toBe("{6864fe50-21b4-8653-aab0-29e7e5918993}");
  expect(bytesArray([new Uint8Array([0, 255]), null])).toBe('{"\\\\x00ff",NULL}');
});
