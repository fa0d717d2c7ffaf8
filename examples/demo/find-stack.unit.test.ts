import { describe, expect, it } from "vitest";
import { findStack } from "./find-stack.ts";

const STACK = { KITH_INGRESS_URL: "http://a", KITH_QUERY_URL: "http://b", KAFKA_BROKERS: "c:1,d:2" };

describe("the stack that the demo uses", () => {
  it("is what the environment says", async () => {
    expect(await findStack(STACK)).toEqual({
      ingressUrl: "http://a",
      queryUrl: "http://b",
      brokers: ["c:1", "d:2"],
      topicPrefix: "",
    });
  });

  it("is asked with the key of KITH_API_KEY, and an empty one counts as none", async () => {
    expect(await findStack({ ...STACK, KITH_API_KEY: "kith_id_secret" })).toMatchObject({ apiKey: "kith_id_secret" });
    expect(await findStack({ ...STACK, KITH_API_KEY: "" })).not.toHaveProperty("apiKey");
  });
});
