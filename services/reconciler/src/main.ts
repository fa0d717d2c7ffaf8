/** Environment → dependencies → run → close on signal. */
import { closeKafka, connectKafka } from "@kith/kafka";
import { createHttpApp, createMetrics, listenHttp, logKafka, runService, toKafkaSettings } from "@kith/service-kit";
import { WrongLog } from "./bind-log.ts";
import { configSchema } from "./config.ts";
import { createReconcilerMeter } from "./metrics.ts";
import { startReconciler } from "./reconciler.ts";
import { retryUntilStarted } from "./retry-until-started.ts";

// The operational routes take no bodies.
const BODY_BYTES_MAX = 1024;

await runService({
  name: "reconciler",
  configSchema,
  async start(config, logger) {
    const kafka = connectKafka({ ...toKafkaSettings(config, "kith-reconciler"), onLog: logKafka(logger) });
    const metrics = createMetrics();
    const meter = createReconcilerMeter(metrics);
    const endWithFailure = () => {
      process.exitCode = 1;
      process.kill(process.pid, "SIGTERM");
    };
    const starting = retryUntilStarted({
      start: () => startReconciler({ config, kafka, logger, meter, onFatal: endWithFailure }),
      isFinal: (error) => error instanceof WrongLog,
      onFinal: (error) => {
        logger.fatal({ err: error }, "the reconciler refuses to start");
        endWithFailure();
      },
      logger,
    });
    const app = createHttpApp({
      logger,
      bodyLimitBytes: BODY_BYTES_MAX,
      access: { config, rules: {} },
      metrics,
      checks: [
        { name: "consumer", kind: "ready", check: () => starting.current()?.isReady() ?? false },
        { name: "consumer", kind: "live", check: () => starting.current()?.isAlive() ?? true },
      ],
    });
    await listenHttp(app, config);
    return {
      async close() {
        await starting.close();
        await app.close();
        await closeKafka(kafka);
      },
    };
  },
});
