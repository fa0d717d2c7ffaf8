/**
 * How many clients wait for their orders to be applied, and when of these enough have come to share a produce. Such a
 * client sends its next order when it has the answer to the last. If the orders of all of them went together, the
 * ingress would stand idle while they are applied, and the reconciler while they are answered; in two groups, one has
 * its turn here and the other there. More and smaller groups cost more than they bring (docs/performance.md).
 */

export type WaitingClients = {
  enter(): void;
  leave(): void;
  /** Whether so many records need not wait for more. Never, where but a few clients wait. */
  isGroup(records: number): boolean;
};

const GROUPS = 2;
/** A produce costs the broker, the reconciler and the database a round of their own: fewer are no group. */
const GROUP_MIN = 16;

export function createWaitingClients(): WaitingClients {
  let clients = 0;
  return {
    enter() {
      clients += 1;
    },
    leave() {
      clients -= 1;
    },
    isGroup: (records) => clients >= GROUPS * GROUP_MIN && records * GROUPS >= clients,
  };
}
