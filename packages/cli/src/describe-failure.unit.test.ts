import { expect, it } from "vitest";
import { describeFailure } from "./describe-failure.ts";
import { CliError, EXIT } from "./exit-codes.ts";

const withCode = (error: Error, code: string) => Object.assign(error, { code });

it.each([
  { title: "a plain message", error: new Error("no such thing"), text: "no such thing" },
  {
    title: "a code that the message lacks",
    error: withCode(new Error("wrong password"), "28P01"),
    text: "wrong password (28P01)",
  },
  {
    title: "a code that the message has",
    error: withCode(new Error("connect ECONNREFUSED ::1"), "ECONNREFUSED"),
    text: "connect ECONNREFUSED ::1",
  },
  {
    title: "a connection that failed on every address",
    error: withCode(new AggregateError([]), "ECONNREFUSED"),
    text: "AggregateError (ECONNREFUSED)",
  },
  {
    title: "a conversion error without the value",
    error: withCode(new Error('invalid input syntax for type bigint: "lorraine@hillvalley.edu"'), "22P02"),
    text: "Error (22P02)",
  },
  {
    title: "what caused it",
    error: new CliError(EXIT.unavailable, "no answer", { cause: new Error("refused") }),
    text: "no answer\n  because: refused",
  },
  {
    title: "a wrapped message once",
    error: new Error("refused", { cause: new Error("refused", { cause: new Error("port closed") }) }),
    text: "refused\n  because: port closed",
  },
])("describes $title", ({ error, text }) => {
  expect(describeFailure(error)).toBe(text);
});
