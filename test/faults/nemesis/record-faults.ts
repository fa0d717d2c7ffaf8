/** F15–F19: what others write into the log: poison, too much at once, again, out of order, at the wrong time. */

import { readFile, rm, writeFile } from "node:fs/promises";
import { TOPIC_PARTITIONS } from "@kith/contracts";
import { isUnanswered } from "@kith/devstack";
import { type OutgoingRecord, PublishError } from "@kith/kafka";
import { ask } from "@kith/testkit/system";
import { EXPECT_HEADER, poisonRecord } from "../load/poison-records.ts";
import type { Planner } from "./fault.ts";

const RECORD_BYTES_MAX = 1024 * 1024;
/** Of a batch and a record around a value, at most. */
const FRAME_BYTES = 200;
const BODY_BYTES_MAX = 16_384;

/** F15: a share of the stream, and a burst at once. */
export const poisonTheLog: Planner = (dice) => {
  const burst = dice.between(20, 120);
  const share = dice.pick([0.001, 0.01, 0.05]);
  const forMs = dice.between(1_500, 4_000);
  return {
    class: "F15",
    variant: "burst-and-share",
    target: "order.identity",
    parameters: { burst, share, forMs },
    needs: ["habits"],
    touchesRelay: false,
    async run({ direct, sleep }) {
      direct.setHabits({ poison: share });
      const records = Array.from({ length: burst }, (_, index): OutgoingRecord => {
        const { value, code } = poisonRecord(dice.random, 1_000_000 + index, Date.now());
        return { key: null, value, partition: index % TOPIC_PARTITIONS, headers: { [EXPECT_HEADER]: code } };
      });
      await direct.publish(records);
      await sleep(forMs);
      direct.setHabits({ poison: 0 });
      return { records: burst };
    },
  };
};

/** F16: just below the limit it is an order like any other; above it nobody takes it. */
export const oversize: Planner = (dice) => {
  const partition = dice.between(0, TOPIC_PARTITIONS - 1);
  const n = dice.between(0, 1_000_000);
  return {
    class: "F16",
    variant: "http-and-log",
    target: `partition ${partition}`,
    parameters: { n },
    needs: [],
    touchesRelay: false,
    async run({ direct, deployment, report }) {
      const padded = (bytes: number) => {
        const empty = JSON.stringify({
          v: 1,
          eventId: `o-${n}`,
          email: `big${n}@x.io`,
          seenAt: 1_000_000 + n,
          normVersion: 1,
          pad: "",
        });
        return `${empty.slice(0, -2)}${"x".repeat(bytes - empty.length)}"}`;
      };
      const long = { v: 1, eventId: `o-${n}`, email: `${"a".repeat(100_000)}@x.io`, seenAt: 1, normVersion: 1 };
      await direct.publish([
        { key: null, value: padded(RECORD_BYTES_MAX - FRAME_BYTES), partition },
        { key: null, value: JSON.stringify(long), partition, headers: { [EXPECT_HEADER]: "too-long" } },
      ]);
      let isRefused = false;
      try {
        await direct.publish([{ key: null, value: padded(RECORD_BYTES_MAX + 1), partition }]);
      } catch (error) {
        if (!(error instanceof PublishError)) throw error;
        isRefused = true;
      }
      if (!isRefused) report("F16: the log took a record above its limit");
      const statuses: number[] = [];
      for (const bytes of [BODY_BYTES_MAX + 1, 2 * 1024 * 1024]) {
        for (const { url } of deployment.ingresses) {
          const status = await tryToOrder(`${url}/v1/orders`, bytes);
          if (status === undefined || status === 503) continue;
          statuses.push(status);
          if (status !== 413) report(`F16: ${bytes} bytes were answered with ${status}`);
        }
      }
      return { statuses };
    },
  };
};

async function tryToOrder(url: string, bytes: number): Promise<number | undefined> {
  try {
    const body = `{"email":"x@x.io","source":"${"x".repeat(bytes)}"}`;
    return (await ask(url, { body, limitMs: 15_000 })).status;
  } catch (error) {
    // It is down, or it closed the connection on so much.
    if (isUnanswered(error)) return undefined;
    throw error;
  }
}

/** F17: a tenth of the stream again; or a partition is read again from further back. */
export const repeatRecords: Planner = (dice) => {
  const variant = dice.pick(["produced-again", "rewound"] as const);
  const forMs = dice.between(2_000, 5_000);
  const partition = dice.between(0, TOPIC_PARTITIONS - 1);
  const back = dice.between(500, 20_000);
  return {
    class: "F17",
    variant,
    target: variant === "rewound" ? `partition ${partition}` : "order.identity",
    parameters: variant === "rewound" ? { back } : { forMs },
    // The trigger of F20 would refuse the rewinding itself.
    needs: variant === "rewound" ? ["saboteur"] : ["habits"],
    touchesRelay: false,
    async run({ direct, sleep, sql }) {
      if (variant === "rewound") {
        // As an operator who wants it read again; those who own it notice that the database is behind them.
        const rows = await sql<{ from: number; to: number }>(
          `update consumer_offset c set next_offset = greatest(0, c.next_offset - $2)
           from (select topic_id, partition, next_offset from consumer_offset where partition = $1 for update) o
           where c.topic_id = o.topic_id and c.partition = o.partition
           returning o.next_offset as from, c.next_offset as to`,
          [partition, back],
        );
        const [row] = rows;
        return row === undefined || row.from === row.to ? undefined : { records: row.from - row.to };
      }
      const before = direct.counts().repeated;
      direct.setHabits({ repeated: 0.4 });
      await sleep(forMs);
      direct.setHabits({ repeated: 0.01 });
      return { records: direct.counts().repeated - before };
    },
  };
};

/** F18 */
export const disorder: Planner = (dice) => {
  const variant = dice.pick(["shuffled-ages", "held-partition"] as const);
  const forMs = dice.between(2_000, 8_000);
  const partition = dice.between(0, TOPIC_PARTITIONS - 1);
  return {
    class: "F18",
    variant,
    target: variant === "held-partition" ? `partition ${partition}` : "order.identity",
    parameters: { forMs },
    needs: ["habits"],
    touchesRelay: false,
    async run({ direct, sleep }) {
      direct.setHabits(variant === "held-partition" ? { heldPartition: partition } : { shuffledSeconds: 60 });
      await sleep(forMs);
      direct.setHabits({ heldPartition: undefined, shuffledSeconds: 0 });
      return {};
    },
  };
};

/** F19: an ingress whose clock jumps ahead and back again. Ages more than an hour ahead of the record are refused. */
export const skewClock: Planner = (dice) => {
  const target = dice.pick(["ingress-1", "ingress-2"]);
  const skewMs = dice.pick([-3_600_000, -60_000, -1_000, 1_000, 60_000, 3_590_000]);
  const forMs = dice.between(1_500, 4_000);
  return {
    class: "F19",
    variant: skewMs < 0 ? "behind" : "ahead",
    target,
    parameters: { skewMs, forMs },
    needs: [`clock-${target}`],
    touchesRelay: false,
    async run({ deployment, sleep }) {
      const file = deployment.clockFileOf(deployment.ingresses.find(({ label }) => label === target)!);
      await writeFile(file, String(skewMs));
      await sleep(forMs);
      const wasThere = (await readFile(file, "utf8")) === String(skewMs);
      await rm(file, { force: true });
      return wasThere ? {} : undefined;
    },
  };
};
