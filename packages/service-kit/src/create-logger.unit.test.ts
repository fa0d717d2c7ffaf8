import { KithError } from "@kith/contracts";
import { describe, expect, it } from "vitest";
import { createLogger, withoutQuery } from "./create-logger.ts";
import type { DescribedError } from "./describe-error.ts";

function setup() {
  const lines: string[] = [];
  const logger = createLogger({ service: "test", level: "debug", destination: { write: (line) => lines.push(line) } });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? "null") as { err: DescribedError; url: string } };
}

/** In the form pg throws it. */
function postgresError(): Error {
  return Object.assign(new Error('invalid input syntax for type bigint: "marty@hillvalley.edu"'), {
    name: "error",
    severity: "ERROR",
    code: "22P02",
    detail: "Key (value)=(marty@hillvalley.edu) already exists.",
    where: "unnamed portal parameter $1 = 'marty@hillvalley.edu'",
    parameters: ["marty@hillvalley.edu"],
    table: "identifier",
    constraint: "identifier_pkey",
  });
}

describe("createLogger", () => {
  it("writes one JSON object a line, with the service and the level's name", () => {
    const { logger, last } = setup();
    logger.info({ partition: 3 }, "hello");
    expect(last()).toMatchObject({ service: "test", level: "info", partition: 3, msg: "hello" });
  });

  it("keeps of a Postgres error what holds no value, also where it is a cause", () => {
    const { logger, lines, last } = setup();
    logger.error({ err: new KithError("database-unavailable", {}, { cause: postgresError() }) }, "failed");
    expect(lines.join("")).not.toContain("marty");
    expect(last().err.cause).toMatchObject({ code: "22P02", table: "identifier", constraint: "identifier_pkey" });
    expect(last().err.cause?.stack).toContain("    at ");
    expect(last().err.code).toBe("database-unavailable");
  });

  it("drops the message of a JSON error, which quotes the body", () => {
    const { logger, lines } = setup();
    try {
      JSON.parse('{"email":"marty@hillvalley.edu"');
    } catch (err) {
      logger.error({ err }, "failed");
    }
    try {
      JSON.parse("marty@hillvalley.edu");
    } catch (err) {
      logger.error({ err }, "failed");
    }
    expect(lines).toHaveLength(2);
    expect(lines.join("")).not.toContain("marty");
  });

  it("keeps the message of an ordinary error", () => {
    const { logger, last } = setup();
    logger.error({ err: Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" }) }, "x");
    expect(last().err).toMatchObject({
      name: "Error",
      code: "ECONNREFUSED",
      message: "connect ECONNREFUSED 127.0.0.1:1",
    });
  });

  it.each(["email", "phoneNumber", "body", "authorization", "password", "headers"])(
    "redacts %s, at the top and one level below",
    (key) => {
      const { logger, lines } = setup();
      logger.info({ [key]: "marty" }, "x");
      logger.info({ kafka: { [key]: { inner: "marty" } } }, "x");
      expect(lines.join("")).not.toContain("marty");
      expect(lines).toHaveLength(2);
    },
  );

  it("survives causes in a circle and thrown things that are no errors", () => {
    const { logger, last } = setup();
    const circle = new Error("round");
    circle.cause = circle;
    logger.error({ err: circle }, "x");
    logger.error({ err: "marty" }, "x");
    expect(last().err).toEqual({ name: "thrown string" });
  });

  it("logs a URL without its query", () => {
    const { logger, last } = setup();
    logger.info({ url: "/v1/contacts?email=marty@hillvalley.edu" }, "x");
    expect(last().url).toBe("/v1/contacts");
    expect(withoutQuery("/v1/contacts/12")).toBe("/v1/contacts/12");
  });
});
