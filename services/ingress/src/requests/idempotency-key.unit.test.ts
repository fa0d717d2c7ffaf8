import { describe, expect, it } from "vitest";
import { readIdempotencyKey, refuseIdempotencyKey, resolveEventId } from "./idempotency-key.ts";

describe("Idempotency-Key", () => {
  it.each([undefined, "a", "x".repeat(255), ' !~"'])("takes %j", (header) =>
    expect(readIdempotencyKey(header)).toBe(header),
  );

  it.each(["", "x".repeat(256), "é", "a\tb", "a\u007f"])("refuses %j", (header) => {
    expect(() => readIdempotencyKey(header)).toThrow(/invalid-idempotency-key/);
  });

  it("is the event id, beside an equal one in the body", () => {
    expect(resolveEventId("a", undefined)).toBe("a");
    expect(resolveEventId(undefined, "b")).toBe("b");
    expect(resolveEventId("a", "a")).toBe("a");
    expect(resolveEventId(undefined, undefined)).toBeUndefined();
    expect(() => resolveEventId("a", "b")).toThrow(/invalid-idempotency-key/);
  });

  it("cannot stand for a batch", () => {
    expect(() => refuseIdempotencyKey("a")).toThrow(/invalid-idempotency-key/);
    expect(() => refuseIdempotencyKey(undefined)).not.toThrow();
  });
});
