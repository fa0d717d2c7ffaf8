/** After all other tests: what they sent is nowhere but where it belongs. */
import { rowsOf, type World } from "@kith/testkit/system";
import { expect, test } from "vitest";
import type { MoreServices } from "./more-services.ts";
import { sentCount, sentValuesIn } from "./sent-values.ts";

const VALUES_MIN = 300;
const LINES_MIN = 10;

export function testCanary(world: World, services: MoreServices): void {
  const processes = () => [world.system.ingress, world.system.query, ...world.system.reconcilers];

  test("no value that was sent is in any log", () => {
    expect(sentCount()).toBeGreaterThan(VALUES_MIN);
    const { guardedIngress, guardedQuery, noLog, noQuery } = services;
    const logs = [...processes(), guardedIngress, guardedQuery, noLog, noQuery].map((one) => one.log()).join("\n");
    expect(logs.match(/"level"/g)?.length).toBeGreaterThan(LINES_MIN);
    expect(sentValuesIn(logs)).toEqual([]);
  });

  test("no value that was sent is in what is kept beside a dead letter", async () => {
    const letters = await rowsOf<{ code: string; reason: string; headers: unknown }>(
      world.db,
      "select code, reason, headers from dead_letter",
    );
    expect(letters.length).toBeGreaterThan(0);
    expect(sentValuesIn(letters.map((letter) => JSON.stringify(letter)).join("\n"))).toEqual([]);
  });

  test("no value that was sent is in any metric", async () => {
    for (const { url } of processes()) {
      const answer = await fetch(`${url}/metrics`);
      expect(sentValuesIn(await answer.text())).toEqual([]);
    }
  });
}
