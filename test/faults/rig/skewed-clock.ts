/**
 * Loaded into an ingress before it starts (`node --import`): its clock goes wrong by as many milliseconds as the file
 * FAULTS_CLOCK_FILE says at the moment. Timers are not touched: they do not go by the date.
 */
import { readFileSync } from "node:fs";

const POLL_MS = 50;
const file = process.env.FAULTS_CLOCK_FILE;
const RealDate = Date;
let skewMs = 0;

function readSkew(): void {
  try {
    skewMs = Number(readFileSync(file!, "utf8")) || 0;
  } catch (error) {
    // Without the file the clock is right.
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    skewMs = 0;
  }
}

if (file !== undefined) {
  readSkew();
  setInterval(readSkew, POLL_MS).unref();
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [target.now() + skewMs] : args, newTarget) as Date,
    get: (target, name, receiver) =>
      name === "now" ? () => target.now() + skewMs : (Reflect.get(target, name, receiver) as unknown),
  });
}
