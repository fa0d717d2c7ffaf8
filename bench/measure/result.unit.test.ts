import { describe, expect, test } from "vitest";
import { createLatencies } from "../load/latencies.ts";
import { createClosers } from "./closers.ts";
import { drawCurve } from "./curve.ts";
import { slope } from "./drain-backlog.ts";
import { toResult } from "./result.ts";
import { toTable } from "./results-files.ts";

describe("results", () => {
  test("compare with the limit and the target", () => {
    const target = { atLeast: 100, ofLimit: 0.6 };
    const good = toResult({ case: "a", figure: 150, unit: "rps", limit: 200, target });
    expect(good).toEqual({
      case: "a",
      figure: 150,
      unit: "rps",
      limit: 200,
      ratio: 0.75,
      target: "≥ 100 and ≥ 0.6 of the limit",
      met: true,
    });
    expect(toResult({ case: "a", figure: 150, unit: "rps", limit: 300, target }).met).toBe(false);
    expect(toResult({ case: "a", figure: 99, unit: "rps", limit: 100, target }).met).toBe(false);
    expect(toResult({ case: "a", figure: 9, unit: "ms", target: { atMost: 8 } }).met).toBe(false);
    expect(toResult({ case: "a", figure: 9, unit: "ms" })).toMatchObject({ limit: null, target: null, met: null });
  });

  test("become a Markdown table", () => {
    const row = { part: "p", ...toResult({ case: "c=1", figure: 12_345.6, unit: "rps", target: { atLeast: 20_000 } }) };
    const lines = toTable([row]).trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[2]).toContain("| 12,346 rps ");
    expect(lines[2]).toContain("**no**");
  });
});

test("percentiles are those of the values", () => {
  const latencies = createLatencies();
  for (let i = 100; i > 0; i--) latencies.add(i);
  expect([latencies.percentile(0.5), latencies.percentile(0.99), latencies.percentile(1)]).toEqual([51, 100, 100]);
});

test("a rate is taken between two counts", () => {
  const samples = [
    { atMs: 0, settled: 0 },
    { atMs: 1_000, settled: 100 },
    { atMs: 2_000, settled: 600 },
    { atMs: 3_000, settled: 700 },
  ];
  expect(slope(samples, 100, 600)).toBe(500);
  expect(slope(samples, 650, 660)).toBeCloseTo(233.3, 1);
});

test("a curve has a point for each value", () => {
  const svg = drawCurve(
    [10, 1_000, 5_000].map((x) => ({ x, y: x * 3 })),
    { title: "t", x: "x", y: "y" },
  );
  expect(svg.match(/<circle /g)).toHaveLength(3);
  expect(svg).not.toContain("NaN");
});

describe("closers", () => {
  test("end what was started, last first, once", async () => {
    const closed: string[] = [];
    const closers = createClosers();
    const add = (name: string) => closers.add(async () => void closed.push(name));
    add("folder");
    const endServer = add("server");
    add("client");
    await endServer();
    await endServer();
    await closers.closeAll();
    expect(closed).toEqual(["server", "client", "folder"]);
  });

  test("one that fails keeps none of the others open", async () => {
    const closed: string[] = [];
    const closers = createClosers();
    closers.add(async () => void closed.push("first"));
    closers.add(() => Promise.reject(new Error("stuck")));
    await expect(closers.closeAll()).rejects.toThrow("not everything");
    expect(closed).toEqual(["first"]);
  });

  test("what is started too late is ended at once", async () => {
    const closers = createClosers();
    await closers.closeAll();
    let isClosed = false;
    closers.add(async () => {
      isClosed = true;
    });
    expect(isClosed).toBe(true);
  });
});
