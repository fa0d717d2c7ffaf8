/** The lines of a stream of UTF-8, as they arrive. */
import type { Readable } from "node:stream";

const LINE_LENGTH_MAX = 1024 * 1024;

/** Yields each line without its end; a last line may lack one. Throws a RangeError at a line without end. */
export async function* readLines(stream: Readable): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream.setEncoding("utf8")) {
    rest += chunk as string;
    let start = 0;
    for (let end = rest.indexOf("\n", start); end !== -1; end = rest.indexOf("\n", start)) {
      if (end > start) yield rest.slice(start, end);
      start = end + 1;
    }
    rest = rest.slice(start);
    if (rest.length > LINE_LENGTH_MAX) throw new RangeError("a line is too long");
  }
  if (rest !== "") yield rest;
}
