/** What has been started and must be ended, in reverse order: at the end of a part, or whenever the bench is interrupted. */

export type Closers = {
  /** Adds something to end. Answers a function that ends it now; ending twice is ending once. */
  add(close: () => Promise<void>): () => Promise<void>;
  /** Ends everything. Nothing can be added any more. */
  closeAll(): Promise<void>;
};

export function createClosers(): Closers {
  const open: (() => Promise<void>)[] = [];
  let isClosed = false;

  return {
    add(close) {
      let closing: Promise<void> | undefined;
      function closeOnce(): Promise<void> {
        const index = open.indexOf(closeOnce);
        if (index >= 0) open.splice(index, 1);
        closing ??= close();
        return closing;
      }
      open.push(closeOnce);
      // Started while everything else was being ended: it goes as well.
      if (isClosed) void closeOnce();
      return closeOnce;
    },

    async closeAll() {
      isClosed = true;
      const errors: unknown[] = [];
      for (let close = open.at(-1); close !== undefined; close = open.at(-1)) {
        try {
          await close();
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) throw new AggregateError(errors, "not everything could be ended");
    },
  };
}
