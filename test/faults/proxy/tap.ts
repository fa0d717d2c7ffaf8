/** Whoever looks at what passes through a link. */

export type Tap = {
  /** What of the bytes from the service goes on now. */
  toServer(chunk: Buffer): Buffer[];
  /** What of the bytes from the server goes on now. */
  toClient(chunk: Buffer): Buffer[];
};
