import { describe, expect, it } from "vitest";
import { describeCommit, readCommit } from "./committed.ts";

const TOPIC = "22222222-2222-8222-8222-222222222222";

describe("the announcement of a commit", () => {
  it("says how far each partition is settled", () => {
    const settled = [
      { partition: 0, to: 17 },
      { partition: 11, to: 2 ** 50 },
    ];
    expect(readCommit(describeCommit(TOPIC, settled))).toEqual({ topicId: TOPIC, settled });
  });

  it("fits into a notification, however many partitions there are", () => {
    const settled = Array.from({ length: 5_000 }, (_, partition) => ({ partition, to: 2 ** 53 - 1 }));
    expect(describeCommit(TOPIC, settled).length).toBeLessThan(8_000);
  });

  it.each(["", " ", TOPIC, `${TOPIC} `, `${TOPIC} 1`, `${TOPIC} a:b`, `${TOPIC} 1:2 x`, `${TOPIC} 1:1.5`])(
    "is not %j",
    (payload) => {
      expect(readCommit(payload)).toBeUndefined();
    },
  );
});
