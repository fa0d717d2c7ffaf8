/**
 * The program behind `kith rebuild --from log`: applies `order.identity` to `DATABASE_SCHEMA`, from where the schema is
 * to the offsets of `REPLAY_TO`, and ends. Exit codes: 0 done, 1 not.
 */
import { closeKafka, connectKafka } from "@kith/kafka";
import { logKafka, runService, toKafkaSettings } from "@kith/service-kit";
import { z } from "zod";
import { settlingSchema } from "./config.ts";
import { replayLog } from "./replay/replay-log.ts";

const replaySchema = settlingSchema.extend({
  REPLAY_TO: z
    .string()
    .regex(/^[0-9]+:[0-9]+(,[0-9]+:[0-9]+)*$/)
    .transform((text) => new Map(text.split(",").map((pair) => pair.split(":").map(Number) as [number, number])))
    .describe("partition:offset pairs, such as 0:120,1:98"),
});

await runService({
  name: "replay",
  configSchema: replaySchema,
  async start(config, logger) {
    const kafka = connectKafka({ ...toKafkaSettings(config, "kith-replay"), onLog: logKafka(logger) });
    const stop = new AbortController();
    const replaying = replayLog({ config, bounds: config.REPLAY_TO, kafka, logger, signal: stop.signal });
    const end = (exitCode: number) => {
      process.exitCode = exitCode;
      process.kill(process.pid, "SIGTERM");
    };
    replaying.then(
      (outcome) => {
        if (outcome === "done") end(0);
      },
      (error: unknown) => {
        logger.fatal({ err: error }, "not replayed");
        end(1);
      },
    );
    return {
      async close() {
        stop.abort();
        const [outcome] = await Promise.allSettled([replaying]);
        if (outcome.status === "rejected" || outcome.value === "stopped") process.exitCode = 1;
        await closeKafka(kafka);
      },
    };
  },
});
