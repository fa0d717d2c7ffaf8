/** Environment → app → listen → close on signal. */
import { closeKafka, connectKafka } from "@kith/kafka";
import { listenHttp, logKafka, runService, toKafkaSettings } from "@kith/service-kit";
import { createApp } from "./app.ts";
import { configSchema } from "./config.ts";

await runService({
  name: "query",
  configSchema,
  async start(config, logger) {
    const kafka = connectKafka({ ...toKafkaSettings(config, "kith-query"), onLog: logKafka(logger) });
    const app = createApp({ config, kafka, logger });
    await listenHttp(app, config);
    return {
      async close() {
        await app.close();
        await closeKafka(kafka);
      },
    };
  },
});
