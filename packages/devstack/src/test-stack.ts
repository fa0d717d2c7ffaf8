/** What a run of tests gets, whichever kind of servers it runs on. */

/** Where the servers answer. */
export type TestStack = {
  /** As superuser: tests make databases of their own. */
  readonly databaseUrl: string;
  readonly kafkaBrokers: string;
  /** Ends both servers and removes their data. */
  stop(): Promise<void>;
};
