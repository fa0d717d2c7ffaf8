/** All that is watched of one deployment while it runs. */

import type { Deployment } from "../rig/deployment.ts";
import { followInput, type InputFollower } from "./follow-input.ts";
import { followLetters, type LetterFollower } from "./follow-letters.ts";
import { followOutput, type OutputFollower } from "./follow-output.ts";
import { createGrowingOracle, type GrowingOracle } from "./growing-oracle.ts";

export type Watch = {
  readonly oracle: GrowingOracle;
  readonly input: InputFollower;
  readonly output: OutputFollower;
  readonly letters: LetterFollower;
  stop(): Promise<void>;
};

export async function watch(deployment: Deployment, onEvent: (series: string, n: number) => void): Promise<Watch> {
  const { kafka, topics } = deployment;
  const oracle = createGrowingOracle();
  const [input, output, letters] = await Promise.all([
    followInput({ kafka, topic: topics.orderIdentity, oracle, onEvent }),
    followOutput(kafka, topics.identityResolved),
    followLetters(kafka, topics.deadLetter),
  ]);
  return {
    oracle,
    input,
    output,
    letters,
    async stop() {
      await Promise.all([input.stop(), output.stop(), letters.stop()]);
    },
  };
}
