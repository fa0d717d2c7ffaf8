/** Environment → app → listen → close on signal. */
import { closeKafka, connectKafka } from "@kith/kafka";
import { listenHttp, logKafka, runService, toKafkaSettings } from "@kith/service-kit";
import { createApp } from "./app.ts";
import { configSchema } from "./config.ts";

await runService({
  name: "ingress",
  configSchema,
  async start(config, logger) {
    const kafka = connectKafka({ ...toKafkaSettings(config, "kith-ingress"), onLog: logKafka(logger) });
    const app = createApp({ config, kafka, logger });
    const address = await listenHttp(app, config);
    logger.info({ address }, "listening");
    return {
      async close() {
        await app.close();
        await closeKafka(kafka);
      },
    };
  },
});
