import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ConfigError, loadConfig } from "../load-config.ts";
import { accessEnv, keyQuotaEnv, refuseOpenListening } from "./access-config.ts";

describe("refuseOpenListening", () => {
  it.each(["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "localhost"])(
    "lets an open service listen on %s",
    (HOST) => {
      expect(() => refuseOpenListening({ HOST, ALLOW_OPEN: false })).not.toThrow();
    },
  );

  it.each(["0.0.0.0", "::", "192.168.1.10", "::ffff:10.0.0.1", "kith.internal", "127.0.0.1.example"])(
    "refuses %s without keys, and says what to set",
    (HOST) => {
      const refusal = () => refuseOpenListening({ HOST, ALLOW_OPEN: false });
      expect(refusal).toThrow(ConfigError);
      expect(refusal).toThrow(/API_KEYS_FILE[\s\S]*ALLOW_OPEN=true/);
      expect(() => refuseOpenListening({ HOST, ALLOW_OPEN: true })).not.toThrow();
      expect(() => refuseOpenListening({ HOST, ALLOW_OPEN: false, API_KEYS_FILE: "/keys" })).not.toThrow();
    },
  );
});

describe("the variables", () => {
  const schema = z.object({ ...accessEnv, ...keyQuotaEnv });

  it("are closed by default, with limits for each key", () => {
    expect(loadConfig(schema, {})).toEqual({
      ALLOW_OPEN: false,
      KEY_ORDERS_PER_SECOND: 10_000,
      KEY_LOOKUPS_PER_SECOND: 1_000,
    });
  });

  it.each([
    ["none", null],
    ["1", 1],
    ["1000000", 1_000_000],
  ])("take %s as a limit", (text, value) => {
    expect(loadConfig(schema, { KEY_LOOKUPS_PER_SECOND: text }).KEY_LOOKUPS_PER_SECOND).toBe(value);
  });

  it.each(["0", "1000001", "-1", "1.5", "many"])("do not take %s as a limit", (text) => {
    expect(() => loadConfig(schema, { KEY_LOOKUPS_PER_SECOND: text })).toThrow(/KEY_LOOKUPS_PER_SECOND is not valid/);
  });
});
