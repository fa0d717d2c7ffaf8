/** Starts something whose surroundings may not be there yet: tries again until it runs, or until it never can. */
import type { Logger } from "@kith/service-kit";

export type RetryOptions<T> = {
  readonly start: () => Promise<T>;
  /** True for an error that trying again cannot mend. */
  readonly isFinal: (error: unknown) => boolean;
  readonly onFinal: (error: unknown) => void;
  readonly logger: Logger;
};

/** What is being started: `current` is undefined until it runs. `close` ends the tries and closes what runs. */
export type Starting<T> = { current(): T | undefined; close(): Promise<void> };

const RETRY_MS = 1_000;

export function retryUntilStarted<T extends { close(): Promise<void> }>(options: RetryOptions<T>): Starting<T> {
  let started: T | undefined;
  let closed = false;
  let wake: (() => void) | undefined;

  async function tryUntilStarted(): Promise<void> {
    while (!closed) {
      try {
        started = await options.start();
        return;
      } catch (error) {
        if (options.isFinal(error)) return options.onFinal(error);
        options.logger.warn({ err: error }, "not started yet, trying again");
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, RETRY_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  const trying = tryUntilStarted();
  return {
    current: () => started,
    async close() {
      closed = true;
      wake?.();
      await trying;
      await started?.close();
    },
  };
}
