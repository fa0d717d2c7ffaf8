/**
 * What clients were told about each order they sent over HTTP, on disk before anybody goes by it. The other half of the
 * ground truth beside the log: acknowledged ⊆ log, and log ⊆ acknowledged ∪ unknown.
 */
import { type FileHandle, open } from "node:fs/promises";
import { createEventMarks } from "./event-marks.ts";

/** Bits of an order. `sent` is there from before the request; `refused` orders must not be in the log. */
const SENT = 1;
const ACKNOWLEDGED = 2;
const REFUSED = 4;
const IN_LOG = 8;

export type Ledger = {
  /** Before the request goes out. */
  sent(n: number): void;
  acknowledged(n: number): void;
  refused(n: number): void;
  /** The checker found it in the log. */
  inLog(n: number): void;
  /** Resolves when all that was written is on the disk. */
  flush(): Promise<void>;
  counts(): { sent: number; acknowledged: number; unknown: number };
  /** What does not add up, in words. */
  faults(): string[];
  close(): Promise<void>;
};

const FLUSH_MS = 100;

export async function openLedger(file: string): Promise<Ledger> {
  const handle: FileHandle = await open(file, "a");
  const marks = createEventMarks();
  let lines = "";
  let writing: Promise<void> = Promise.resolve();

  function note(n: number, what: string, bit: number): void {
    marks.mark(n, bit);
    lines += `${what} ${n}\n`;
  }

  function flush(): Promise<void> {
    writing = writing.then(async () => {
      if (lines === "") return;
      const text = lines;
      lines = "";
      await handle.appendFile(text);
      await handle.datasync();
    });
    return writing;
  }

  const timer = setInterval(() => void flush(), FLUSH_MS);

  return {
    sent: (n) => note(n, "sent", SENT),
    acknowledged: (n) => note(n, "ack", ACKNOWLEDGED),
    refused: (n) => note(n, "refused", REFUSED),
    inLog: (n) => marks.mark(n, IN_LOG),
    flush,
    counts: () => ({
      sent: marks.find(SENT, 0).count,
      acknowledged: marks.find(ACKNOWLEDGED, 0).count,
      unknown: marks.find(SENT, ACKNOWLEDGED | REFUSED).count,
    }),
    faults() {
      const lost = marks.find(ACKNOWLEDGED, IN_LOG);
      const invented = marks.find(IN_LOG, SENT);
      const refused = marks.find(REFUSED | IN_LOG, ACKNOWLEDGED);
      const told = (what: string, { count, first }: { count: number; first: number[] }) =>
        count === 0 ? [] : [`${count} orders ${what} (h-${first.join(", h-")})`];
      return [
        ...told("acknowledged and not in the log", lost),
        ...told("in the log that nobody sent", invented),
        ...told("refused and yet in the log", refused),
      ];
    },
    async close() {
      clearInterval(timer);
      await flush();
      await handle.close();
    },
  };
}
