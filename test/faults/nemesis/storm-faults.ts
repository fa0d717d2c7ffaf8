/** F20: a bug that fails every record. The breaker stops the reconciler; nothing becomes a dead letter. */
import type { Planner } from "./fault.ts";

const COUNT = "select count(*)::int as n from dead_letter where code = 'unprocessable'";

export const failEverything: Planner = (dice) => {
  const forMs = dice.between(5_000, 12_000);
  return {
    class: "F20",
    variant: "trigger",
    target: "every batch",
    parameters: { forMs },
    needs: ["postgres", "saboteur"],
    touchesRelay: false,
    async run({ deployment, sleep, sql, report }) {
      const ends = () => deployment.reconcilers.reduce((sum, one) => sum + one.ownEnds(), 0);
      const endsBefore = ends();
      const [before] = await sql<{ n: number }>(COUNT);
      // An error of no known class, in the one statement that no batch goes without.
      await sql(
        `create or replace function faults_bug() returns trigger language plpgsql as
           $$ begin raise exception 'a bug, says the rig'; end $$`,
      );
      await sql(
        "create or replace trigger faults_bug before update on consumer_offset for each row execute function faults_bug()",
      );
      try {
        await sleep(forMs);
      } finally {
        await sql("drop trigger faults_bug on consumer_offset");
      }
      const [after] = await sql<{ n: number }>(COUNT);
      const letters = after!.n - before!.n;
      if (letters > 0) report(`F20: ${letters} good records became dead letters in a storm of failures`);
      return { reconcilersStopped: ends() - endsBefore, deadLetters: letters };
    },
  };
};
