/** Answers a batch line by line, each as soon as it is settled: one that waits does not hold up the others. */
import type { FastifyReply } from "fastify";

/** `results` must not reject for reasons of one item; if one does, the answer breaks off and the client asks again. */
export function streamBatch(reply: FastifyReply, results: readonly Promise<unknown>[]): FastifyReply {
  reply.hijack();
  const out = reply.raw;
  out.writeHead(200, { "content-type": "application/x-ndjson" });
  let left = results.length;
  let lines = "";

  function flush(): void {
    if (out.destroyed || lines === "") return;
    out.write(lines);
    lines = "";
  }

  for (const result of results) {
    result.then(
      (value) => {
        // Lines that are settled together, by one commit, go out together.
        if (lines === "") setImmediate(flush);
        lines += `${JSON.stringify(value)}\n`;
        left -= 1;
        if (left === 0 && !out.destroyed) {
          out.end(lines);
          lines = "";
        }
      },
      (error: Error) => out.destroy(error),
    );
  }
  return reply;
}
