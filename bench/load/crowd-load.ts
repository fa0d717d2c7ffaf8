/** What a crowd of clients is told to do, and what it tells of itself: the two ends of the process border. */

export type CrowdLoad = {
  readonly url: string;
  readonly clients: number;
  /** What a client sends as soon as it is connected, by turns: a request, or the beginning of one. */
  readonly openings: readonly string[];
  /** What it sends every second after that. */
  readonly octetsPerSecond: number;
  /** False for clients that leave what they are sent where it is. */
  readonly reads: boolean;
  /** A client leaves of its own accord after so long; otherwise it stays until it is let go. */
  readonly staysMs?: number;
  /** So long after its connection has been closed a client comes again; otherwise it stays away. */
  readonly returnsAfterMs?: number;
};

export type CrowdFigures = {
  /** Every client has come once. */
  readonly isComplete: boolean;
  /** Connections that stand now. */
  readonly open: number;
  /** Connections that were made. */
  readonly opened: number;
  /** First answers on a connection by status, where they are read. */
  readonly statuses: Readonly<Record<string, number>>;
};
