/** A server that did not come up is tried again: somebody may have taken a port it had chosen, or the machine was busy. */

const TRIES = 3;

export async function startAgain<Running>(start: () => Promise<Running>): Promise<Running> {
  for (let tries = 1; ; tries++) {
    try {
      return await start();
    } catch (error) {
      if (tries === TRIES) throw error;
    }
  }
}
