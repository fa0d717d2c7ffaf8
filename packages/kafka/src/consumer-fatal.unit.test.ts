import kafkajs from "kafkajs";
import { expect, it } from "vitest";
import { isFatal } from "./consumer-fatal.ts";

const protocolError = (type: string, retriable: boolean): Error =>
  Object.assign(new Error(type), { name: "KafkaJSProtocolError", type, retriable });

it.each([
  ["a mistake in the code", new TypeError("x"), true],
  [
    "a mistake KafkaJS wrapped",
    Object.assign(new kafkajs.KafkaJSNonRetriableError("x"), { cause: new TypeError("x") }),
    true,
  ],
  ["a missing permission", protocolError("TOPIC_AUTHORIZATION_FAILED", false), true],
  ["a group that forgot this member", protocolError("UNKNOWN_MEMBER_ID", false), false],
  ["a topic that is not there yet", protocolError("UNKNOWN_TOPIC_OR_PARTITION", true), false],
  ["a lost connection", new kafkajs.KafkaJSConnectionError("x"), false],
  [
    "a connection lost too often",
    Object.assign(new kafkajs.KafkaJSNonRetriableError("x"), { cause: new kafkajs.KafkaJSConnectionError("x") }),
    false,
  ],
  ["something unforeseen", new Error("Broker not connected"), false],
])("%s: stops for good = %s", (_, error, expected) => {
  expect(isFatal(error)).toBe(expected);
});
