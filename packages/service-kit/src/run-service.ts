/**
 * The life of a service's process: read the environment, start, and on a signal or the end of the parent close within
 * ten seconds. Exit codes: 0 closed cleanly, 78 wrong configuration, 1 everything else.
 */
import { setFlagsFromString } from "node:v8";
import type { z } from "zod";
import { refuseOpenListening } from "./api-keys/access-config.ts";
import { createLogger, type Logger } from "./create-logger.ts";
import type { httpEnv, logEnv } from "./env-pieces.ts";
import { ConfigError, type Environment, loadConfig } from "./load-config.ts";
import { noPretenuringFlag } from "./service-node-flags.ts";

/** A started service. */
export type RunningService = { close(): Promise<void> };

/** How a service starts. The schema's keys are the names of its variables. */
export type Service<Shape extends z.ZodRawShape> = {
  name: string;
  configSchema: z.ZodObject<Shape & typeof logEnv>;
  /** How long closing may take, by default ten seconds. */
  closeMs?: number;
  start(config: z.output<z.ZodObject<Shape & typeof logEnv>>, logger: Logger): Promise<RunningService>;
};

const CLOSE_MS_DEFAULT = 10_000;

/**
 * Runs a service until it is told to stop: by SIGTERM, SIGINT, or, with `KITH_PARENT_PIPE=1`, the end of standard
 * input, which comes however the parent ends. A second signal ends the process at once.
 */
export async function runService<Shape extends z.ZodRawShape>(service: Service<Shape>): Promise<void> {
  setFlagsFromString(noPretenuringFlag);
  const config = readConfig(service.configSchema);
  if ("HOST" in config) refuseOpenService(config as z.output<z.ZodObject<typeof httpEnv>>);
  const logger = createLogger({
    service: service.name,
    level: (config as z.output<z.ZodObject<typeof logEnv>>).LOG_LEVEL,
  });
  const fail = (message: string) => (error: unknown) => {
    logger.fatal({ err: error }, message);
    process.exit(1);
  };
  process.on("uncaughtException", fail("uncaught exception"));
  process.on("unhandledRejection", fail("unhandled rejection"));

  const closeMs = service.closeMs ?? CLOSE_MS_DEFAULT;
  const stopRequest = Promise.withResolvers<string>();
  let isStopping = false;
  const stop = (reason: string) => {
    if (isStopping) process.exit(1);
    isStopping = true;
    setTimeout(() => {
      logger.fatal({ closeMs }, "did not close in time");
      process.exit(1);
    }, closeMs).unref();
    stopRequest.resolve(reason);
  };
  process.on("SIGTERM", () => stop("SIGTERM"));
  process.on("SIGINT", () => stop("SIGINT"));
  if (process.env.KITH_PARENT_PIPE === "1") watchParent(() => isStopping || stop("parent gone"));

  try {
    const running = await service.start(config, logger);
    logger.info({ reason: await stopRequest.promise }, "stopping");
    await running.close();
    logger.info("stopped");
  } catch (error) {
    if (error instanceof ConfigError) exitForConfig(error);
    fail(isStopping ? "did not close cleanly" : "did not start")(error);
  }
  // A part that gave up sets `process.exitCode` and asks for a stop like anybody else.
  process.exit();
}

/** Before anything is connected: a service that must not be reached has no business with the others. */
function refuseOpenService(config: Parameters<typeof refuseOpenListening>[0]): void {
  try {
    refuseOpenListening(config);
  } catch (error) {
    if (error instanceof ConfigError) exitForConfig(error);
    throw error;
  }
}

function readConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  env: Environment = process.env,
): z.output<z.ZodObject<Shape>> {
  try {
    return loadConfig(schema, env);
  } catch (error) {
    if (error instanceof ConfigError) exitForConfig(error);
    throw error;
  }
}

function exitForConfig(error: ConfigError): never {
  process.stderr.write(`${error.message}\n`);
  process.exit(error.exitCode);
}

function watchParent(onGone: () => void): void {
  process.stdin.on("end", onGone).on("close", onGone).on("error", onGone);
  process.stdin.resume();
}
