/** Makes the data folder of a new broker: Kafka's own tool writes a cluster id into it. */
import { randomBytes } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { statusOf } from "./file-status.ts";
import { type KafkaPorts, kafkaProperties } from "./kafka-properties.ts";
import { makeWhole } from "./make-whole.ts";
import { removeFolder } from "./remove-folder.ts";
import { runGuardedCommand } from "./run-guarded.ts";
import type { Say } from "./say.ts";

/** What is needed to format `folder/data`. */
export type FormatOptions = {
  readonly folder: string;
  readonly java: string;
  readonly javaFlags: readonly string[];
  readonly classPath: string;
  readonly ports: KafkaPorts;
  /** Users that the broker knows from its first start. */
  readonly scramUsers?: readonly ScramUser[] | undefined;
  readonly say: Say;
};

/** A user of SASL/SCRAM. The password goes to Kafka's tool in its arguments: for tests. */
export type ScramUser = {
  readonly mechanism: "SCRAM-SHA-256" | "SCRAM-SHA-512";
  readonly name: string;
  readonly password: string;
};

/** Formats the data folder unless that is done, and returns it. */
export async function formatKafka(options: FormatOptions): Promise<string> {
  const { folder, java, javaFlags, classPath, ports, scramUsers = [], say } = options;
  const data = join(folder, "data");
  await setBrokenAside(data, say);
  await makeWhole(data, async (unfinished) => {
    say("Kafka: making a new data folder …");
    const properties = join(folder, "format.properties");
    await writeFile(properties, kafkaProperties(unfinished, ports));
    const toolArguments = ["format", "-t", ports.cluster?.clusterId ?? newClusterId(), "-c", properties];
    for (const { mechanism, name, password } of scramUsers) {
      toolArguments.push("--add-scram", `${mechanism}=[name="${name}",password="${password}"]`);
    }
    await runGuardedCommand({
      name: "Kafka's StorageTool",
      command: java,
      args: [...javaFlags, "-XX:TieredStopAtLevel=1", "-cp", classPath, "kafka.tools.StorageTool", ...toolArguments],
      cwd: folder,
      stopSignal: "TERM",
      stopLimitSeconds: 5,
    });
  });
  return data;
}

/** 22 characters of base64url, as Kafka makes them: one that began with "-" would be taken for an option. */
export function newClusterId(): string {
  const id = randomBytes(16).toString("base64url");
  return id.startsWith("-") ? newClusterId() : id;
}

/** A data folder without meta.properties was never formatted to the end. */
async function setBrokenAside(data: string, say: Say): Promise<void> {
  if ((await statusOf(data)) === undefined) return;
  const meta = await statusOf(join(data, "meta.properties"));
  if (meta !== undefined && meta.size > 0) return;
  await removeFolder(`${data}.broken`);
  await rename(data, `${data}.broken`);
  say(`Kafka: the data folder is incomplete; it was set aside as ${data}.broken`);
}
