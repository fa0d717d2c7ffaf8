import { orderIdentityRecord } from "@kith/contracts";
import { partitionOf } from "@kith/kafka";
import { describe, expect, it } from "vitest";
import { observationRecord } from "./observation-record.ts";

const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const seenAt = 1_795_503_120_000_123;
const INPUT = { eventId: "e", seenAt: 1, timeMs: 1, traceparent, isAwaited: false };

describe("observationRecord", () => {
  it("writes every field in its place", () => {
    const order = {
      email: "lorraine@hillvalley.edu",
      phone: undefined,
      dropped: ["phoneNumber"] as const,
      orderId: 'o"1',
      occurredAt: "1970-01-01T00:00:00Z",
      source: "kassa ⁂",
    };
    const record = observationRecord({ ...INPUT, order, eventId: "evt-1", seenAt, timeMs: 1_795_503_120_001 }, 6);
    expect(record.value).toBe(
      '{"v":1,"eventId":"evt-1","orderId":"o\\"1","email":"lorraine@hillvalley.edu","seenAt":1795503120000123,' +
        '"occurredAt":"1970-01-01T00:00:00Z","source":"kassa ⁂","normVersion":1,"dropped":["phone"]}',
    );
    expect(orderIdentityRecord.parse(JSON.parse(record.value))).toBeTruthy();
    expect(record.timestamp).toBe("1795503120001");
    expect(record.headers).toEqual({
      ce_specversion: "1.0",
      ce_id: "evt-1",
      ce_type: "order.identity.v1",
      ce_source: "urn:kith:ingress",
      ce_time: new Date(seenAt / 1_000).toISOString(),
      "content-type": "application/json",
      traceparent,
    });
  });

  it("says so where somebody waits", () => {
    const order = { email: "a@b.io", phone: undefined, dropped: [] };
    expect(observationRecord({ ...INPUT, order, isAwaited: true }, 6).headers).toHaveProperty("kith-awaited", "true");
  });

  it("leaves out what is absent", () => {
    const order = { email: "a@b.io", phone: "123456", dropped: [] };
    const { value } = observationRecord({ ...INPUT, order }, 6);
    expect(value).toBe('{"v":1,"eventId":"e","email":"a@b.io","phone":"123456","seenAt":1,"normVersion":1}');
  });

  it.each([
    [{ email: "a@b.io", phone: "123456" }, "a@b.io"],
    [{ email: undefined, phone: "123456" }, "123456"],
  ])("is keyed by the email, else the phone: %j", (identifiers, key) => {
    const record = observationRecord({ ...INPUT, order: { ...identifiers, dropped: [] } }, 6);
    expect([record.key, record.partition]).toEqual([key, partitionOf(key, 6)]);
  });
});
