/** Says now and then that a long step still runs, and how far it has come. */

const EVERY_MS = 5_000;

/** Where progress lines go. */
export type OnProgress = (line: string) => void;

/** Tells of a step when it begins and every few seconds. `count`, called by the step, says how much is done. */
export async function withProgress<T>(
  step: string,
  onProgress: OnProgress,
  work: (count: (done: number, of: string) => void) => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  let done = "";
  onProgress(`${step} …`);
  const timer = setInterval(() => {
    onProgress(`${step} … ${Math.round((performance.now() - startedAt) / 1_000)} s${done}`);
  }, EVERY_MS);
  try {
    return await work((count, of) => {
      done = `, ${count} ${of}`;
    });
  } finally {
    clearInterval(timer);
  }
}
