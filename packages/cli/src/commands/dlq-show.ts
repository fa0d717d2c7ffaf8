/** `kith dlq show`: one dead letter whole. What it prints is personal data. */
import { isUtf8 } from "node:buffer";
import { databaseEnv, loadConfig } from "@kith/service-kit";
import { z } from "zod";
import { parseWords, type Run, wrongWords } from "../command.ts";
import { parsePlace } from "../dlq/place.ts";
import { readDeadLetters } from "../dlq/sql/read-dead-letters.ts";
import { summarize } from "../dlq/summarize.ts";
import { withDeployment } from "../dlq/with-deployment.ts";
import { CliError, EXIT } from "../exit-codes.ts";

/** One JSON object. Bytes that are not text are shown in base64. */
export async function showDlq({ words, env, terminal }: Run): Promise<void> {
  const { operands } = parseWords(words, {}, 1);
  const [operand] = operands;
  if (operand === undefined) throw wrongWords("dlq show needs a place: <partition>:<offset>");
  const config = loadConfig(z.object(databaseEnv), env);
  await withDeployment(config, terminal, async ({ db, topicId }) => {
    const [letter] = await readDeadLetters(db, [parsePlace(operand, topicId)]);
    if (letter === undefined) throw new CliError(EXIT.failed, `there is no dead letter at ${operand}`);
    const headers = letter.headers.map(([name, value, encoding]) => ({
      name: encoding === "base64" ? Buffer.from(name, "base64").toString("utf8") : name,
      ...shown(Buffer.from(value, "base64")),
    }));
    const cut = {
      valueSha256: letter.raw_sha256,
      keyBytes: letter.key_bytes,
      headersBytes: letter.headers_bytes,
    };
    const whole = { ...summarize(letter, topicId), ...cut, key: shown(letter.key), headers, value: shown(letter.raw) };
    terminal.print(JSON.stringify(whole, undefined, 2));
  });
}

function shown(bytes: Buffer | null): { text: string } | { base64: string } | { text: null } {
  if (bytes === null) return { text: null };
  return isUtf8(bytes) ? { text: bytes.toString("utf8") } : { base64: bytes.toString("base64") };
}
