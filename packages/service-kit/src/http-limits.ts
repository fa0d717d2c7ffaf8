/** The limits of the HTTP edge, in one place. Fastify's own defaults for several of these are "none". */

/** What every service holds its clients to. */
export const HTTP_LIMITS = {
  /** A request must be complete after this; otherwise 408. */
  requestTimeoutMs: 10_000,
  /** How often that is looked at: a 408 comes at most this late. */
  connectionsCheckingIntervalMs: 1_000,
  /** Silence after which a connection is dropped, also while an answer is awaited: above the longest wait of 30 s. */
  connectionTimeoutMs: 75_000,
  /** Silence between two requests. Above the 60 s that load balancers keep idle connections for. */
  keepAliveTimeoutMs: 65_000,
  bodyBytesMax: 16_384,
  /** Of bodies that may be larger, over all connections. Sixteen batches of the greatest size, or hundreds of usual ones. */
  heldBodyBytesMax: 33_554_432,
  headerBytesMax: 16_384,
  /** More would be dropped by Node without a word; here it is 431. */
  headersMax: 256,
  urlLengthMax: 8_192,
  paramLengthMax: 100,
  /**
   * A connection above the second number takes the place of an idle one; above the first it is closed unheard. Idle,
   * one costs 14 KB (`pnpm bench connections`).
   */
  connectionsMax: 6_144,
  connectionsBeforeEviction: 6_000,
  /** No limit: a connection is closed for its silence, not for its diligence. */
  requestsPerConnectionMax: 0,
  /** New requests are refused while a timer comes so late, so many times in a row. */
  pressure: { sampleMs: 100, delayMsMax: 300, lateSamplesMax: 3 },
} as const;
