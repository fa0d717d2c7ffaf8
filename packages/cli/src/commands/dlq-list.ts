/** `kith dlq list`: which records could not be applied, and why. Nothing of what they said. */
import { databaseEnv, loadConfig } from "@kith/service-kit";
import { z } from "zod";
import { parseWords, type Run, wrongWords } from "../command.ts";
import { formatPlace, parsePlace } from "../dlq/place.ts";
import { readCode } from "../dlq/read-code.ts";
import { type DeadLetterSummary, listDeadLetters } from "../dlq/sql/list-dead-letters.ts";
import { summarize } from "../dlq/summarize.ts";
import { withDeployment } from "../dlq/with-deployment.ts";

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 10_000;
const COLUMNS = ["place", "code", "at", "bytes", "redriven", "reason"] as const;

/** A line per letter, in the order of the log. Where there are more, standard error says how to go on. */
export async function listDlq({ words, env, terminal }: Run): Promise<void> {
  const { values } = parseWords(words, {
    code: { type: "string" },
    limit: { type: "string" },
    after: { type: "string" },
    json: { type: "boolean", default: false },
  });
  const code = readCode(values.code);
  const limit = readLimit(values.limit);
  const config = loadConfig(z.object(databaseEnv), env);
  await withDeployment(config, terminal, async ({ db, topicId }) => {
    const after = values.after === undefined ? undefined : parsePlace(values.after, topicId);
    const found = await listDeadLetters(db, { code, after, limit: limit + 1 });
    const letters = found.slice(0, limit);
    if (values.json) for (const letter of letters) terminal.print(JSON.stringify(summarize(letter, topicId)));
    else for (const line of table(letters, topicId)) terminal.print(line);
    const last = letters.at(-1);
    if (last !== undefined && found.length > limit) {
      const place = { topicId: last.topic_id, partition: last.partition, offset: last.offset };
      terminal.warn(`there are more: --after ${formatPlace(place, topicId)}`);
    }
  });
}

function table(letters: readonly DeadLetterSummary[], topicId: string): string[] {
  if (letters.length === 0) return ["no dead letters"];
  const rows = letters.map((letter) => {
    const { place, code, at, bytes, isCut, redriven, redrivenFrom, reason } = summarize(letter, topicId);
    const state = [redriven === null ? "" : `to ${redriven.to}`, redrivenFrom === null ? "" : `from ${redrivenFrom}`];
    return [
      place,
      code,
      at,
      `${bytes ?? "-"}${isCut ? " (cut)" : ""}`,
      state.filter(Boolean).join(", ") || "-",
      reason,
    ];
  });
  const all = [[...COLUMNS], ...rows];
  const widths = COLUMNS.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return LIMIT_DEFAULT;
  const limit = /^[0-9]{1,6}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > LIMIT_MAX) throw wrongWords(`--limit is an integer from 1 to ${LIMIT_MAX}`);
  return limit;
}
