/** One deployment with its load and everything that watches it, from its first order to its last check. */
import { join } from "node:path";
import { seededRandom } from "@kith/testkit";
import { type Watch, watch } from "./check/watch.ts";
import { type DirectLoad, startDirectLoad } from "./load/direct-load.ts";
import { type HttpLoad, startHttpLoad } from "./load/http-load.ts";
import { type Ledger, openLedger } from "./load/ledger.ts";
import { createPeople } from "./load/people.ts";
import { type Deployment, type DeploymentOptions, deploy } from "./rig/deployment.ts";

export type Epoch = {
  readonly number: number;
  readonly deployment: Deployment;
  readonly watch: Watch;
  readonly ledger: Ledger;
  readonly direct: DirectLoad;
  readonly http: HttpLoad;
  /** So many times the usual rate from now on. */
  setLoad(factor: number): void;
  pause(): Promise<void>;
  resume(): void;
  /** Ends it and removes its stores. */
  close(): Promise<void>;
  /** Ends the services and the load, whatever became of the stores. */
  abandon(): Promise<void>;
};

export type EpochOptions = DeploymentOptions & {
  readonly number: number;
  readonly seed: number;
  /** Observations a second. */
  readonly rate: number;
  /** An answer to a client that must never be given. */
  readonly onFault: (what: string) => void;
};

const HTTP_LANES = 6;
/** Of the observations, those that come as orders over HTTP. */
const HTTP_SHARE = 1 / 3;

export async function openEpoch(options: EpochOptions): Promise<Epoch> {
  const { number, seed, rate, onFault, folder } = options;
  const deployment = await deploy(options);
  const random = (salt: number) => seededRandom(seed * 1_009 + number * 31 + salt);
  const ledger = await openLedger(join(folder, "ledger.txt"));
  const people = createPeople(random(1));
  const direct = startDirectLoad({
    kafka: deployment.kafka,
    topic: deployment.topics.orderIdentity,
    people,
    random: random(2),
    perSecond: rate * (1 - HTTP_SHARE),
  });
  await direct.pause();
  const watching = await watch(deployment, (series, n) => {
    if (series === "h-") ledger.inLog(n);
    else if (series === "d-") direct.inLog(n);
  });
  const http = startHttpLoad({
    ingressUrls: deployment.ingresses.map(({ url }) => url),
    ledger,
    people,
    random: random(3),
    lanes: HTTP_LANES,
    perSecond: rate * HTTP_SHARE,
    onFault,
  });

  return {
    number,
    deployment,
    watch: watching,
    ledger,
    direct,
    http,
    setLoad(factor) {
      direct.setRate(rate * (1 - HTTP_SHARE) * factor);
      http.setRate(rate * HTTP_SHARE * factor);
    },
    async pause() {
      await Promise.all([direct.pause(), http.pause()]);
    },
    resume() {
      direct.resume();
      http.resume();
    },
    async abandon() {
      await deployment.end();
      await Promise.allSettled([direct.stop(), http.stop(), watching.stop(), ledger.close()]);
    },
    async close() {
      await Promise.all([direct.stop(), http.stop()]);
      await watching.stop();
      await ledger.close();
      await deployment.remove();
    },
  };
}
