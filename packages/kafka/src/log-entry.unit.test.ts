import kafkajs from "kafkajs";
import { describe, expect, it } from "vitest";
import { createLog, describeError, kafkaJsLogCreator, type LogEntry } from "./log-entry.ts";

function logged(namespace: string, level: number, log: Record<string, unknown>): LogEntry {
  const entries: LogEntry[] = [];
  const write = kafkaJsLogCreator(createLog((entry) => entries.push(entry)))();
  write({ namespace, level, label: "", log: { timestamp: "", message: "said", ...log } });
  return entries[0]!;
}

const { ERROR, WARN, INFO } = kafkajs.logLevel;

describe("what KafkaJS logs", () => {
  it.each([
    ["an error nobody else reports is a warning", "ConsumerGroup", ERROR, {}, "warn"],
    ["what is tried again is for debugging", "BrokerPool", ERROR, { retryCount: 3 }, "debug"],
    ["a coordinator that is still loading is for debugging", "Connection", ERROR, { error: "loading" }, "debug"],
    ["a rebalance is information", "Runner", WARN, {}, "info"],
    ["its information is for debugging", "ConsumerGroup", INFO, {}, "debug"],
  ] as const)("%s", (_, namespace, level, log, expected) => {
    expect(logged(namespace, level, log).level).toBe(expected);
  });

  it("keeps names and numbers and leaves out everything else", () => {
    const { details } = logged("Runner", ERROR, {
      topic: "t",
      partition: 1,
      payload: "a@b.c",
      stack: "a@b.c",
      key: "a@b.c",
    });
    expect(details).toEqual({ namespace: "Runner", topic: "t", partition: 1 });
  });

  it("tells of an error what kind it is, not what it says", () => {
    const { details } = logged("Runner", ERROR, { error: new TypeError("a@b.c is no number") });
    expect(details.error).toBe("TypeError");
  });
});

it("describes an error with its causes", () => {
  const cause = Object.assign(new Error("a@b.c"), { type: "MESSAGE_TOO_LARGE" });
  expect(describeError(new Error("outer", { cause }))).toBe("Error < Error MESSAGE_TOO_LARGE");
});
