import { describe, expect, it } from "vitest";
import { readPrefer } from "./prefer.ts";

describe("readPrefer", () => {
  it.each([
    ["no header", undefined, false, undefined, undefined],
    ["respond-async", "respond-async", true, undefined, "respond-async"],
    ["a wait", "wait=5", false, 5_000, "wait=5"],
    ["no wait at all", "wait=0", false, 0, "wait=0"],
    ["a wait above the cap", "wait=3600", false, 30_000, "wait=30"],
    ["a quoted wait in capitals", ' WAIT = "7" ', false, 7_000, "wait=7"],
    ["both: wait, then answer with 202", "respond-async, wait=2", false, 2_000, "wait=2"],
    ["the first of two waits", "wait=1, wait=9", false, 1_000, "wait=1"],
    ["a parameter beside it", "respond-async; foo=bar", true, undefined, "respond-async"],
    ["others in the same header", "return=minimal, wait=3, handling=lenient", false, 3_000, "wait=3"],
    ["a wait in words", "wait=soon", false, undefined, undefined],
    ["a negative wait", "wait=-1", false, undefined, undefined],
    ["a fraction", "wait=1.5", false, undefined, undefined],
    ["something unknown", "return=minimal", false, undefined, undefined],
    ["a header that is too long", `wait=1,${"x".repeat(2_000)}`, false, undefined, undefined],
  ])("reads %s", (_what, header, isAsync, waitMs, applied) => {
    expect(readPrefer(header, 30_000)).toEqual({ isAsync, waitMs, applied });
  });
});
