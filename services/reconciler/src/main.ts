/** Environment → dependencies → run → close on signal. */
import { closeKafka, connectKafka } from "@kith/kafka";
import { createHttpApp, runService, toKafkaSettings } from "@kith/service-kit";
import { configSchema } from "./config.ts";
import { startReconciler, WrongLog } from "./reconciler.ts";
import { retryUntilStarted } from "./retry-until-started.ts";

await runService({
  name: "reconciler",
  configSchema,
  async start(config, logger) {
    const kafka = connectKafka(toKafkaSettings(config, "kith-reconciler", logger));
    const endWithFailure = () => {
      process.exitCode = 1;
      process.kill(process.pid, "SIGTERM");
    };
    const starting = retryUntilStarted({
      start: () => startReconciler({ config, kafka, logger, onFatal: endWithFailure }),
      isFinal: (error) => error instanceof WrongLog,
      onFinal: (error) => {
        logger.fatal({ err: error }, "the reconciler refuses to start");
        endWithFailure();
      },
      logger,
    });
    const app = await createHttpApp({
      logger,
      checks: [
        { name: "consumer", kind: "ready", check: () => starting.current()?.isReady() ?? false },
        { name: "consumer", kind: "live", check: () => starting.current()?.isAlive() ?? true },
      ],
    });
    await app.listen({ host: config.HOST, port: config.PORT });
    return {
      async close() {
        await starting.close();
        await app.close();
        await closeKafka(kafka);
      },
    };
  },
});
