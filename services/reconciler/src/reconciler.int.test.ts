import { closeKafka, connectKafka } from "@kith/kafka";
import { createLogger, createMetrics } from "@kith/service-kit";
import { keptLog, testDatabase, testTopics } from "@kith/testkit";
import { rowsOf } from "@kith/testkit/system";
import { expect, onTestFinished, test } from "vitest";
import { createReconcilerMeter } from "./metrics.ts";
import { startReconciler } from "./reconciler.ts";
import { configOf } from "./testing/config-of.ts";

test("a start that fails leaves no relay behind, and the next one relays", async () => {
  const database = await testDatabase();
  onTestFinished(() => database.drop());
  const topics = await testTopics();
  const kafka = connectKafka({ brokers: topics.brokers, clientId: "kith-test" });
  onTestFinished(() => closeKafka(kafka));
  const config = configOf(database, topics);
  const logger = createLogger({ service: "test", level: "debug", destination: keptLog });
  const meter = createReconcilerMeter(createMetrics());
  const db = database.open();
  const sessions = () =>
    rowsOf(
      db,
      "select 1 from pg_stat_activity where datname = current_database() and application_name like 'kith-reconciler%'",
    );
  const start = (measureBatches: typeof meter.measureBatches) =>
    startReconciler({ config, kafka, logger, meter: { ...meter, measureBatches }, onFatal: () => undefined });

  // The relay runs when this is asked for.
  const failing = start(() => {
    throw new Error("no luck");
  });
  await expect(failing).rejects.toThrow("no luck");
  await expect.poll(sessions).toEqual([]);

  const reconciler = await start(meter.measureBatches);
  await expect.poll(() => rowsOf(db, "select 1 from relay where term > 0")).toHaveLength(1);
  await reconciler.close();
  await expect.poll(sessions).toEqual([]);
});
