/** F14: reconcilers that come and go, so that the partitions change hands under load. */
import type { Planner } from "./fault.ts";

export const rebalance: Planner = (dice) => {
  const variant = dice.pick(["leave-and-join", "join-and-leave", "one-six-two"] as const);
  const holdMs = dice.between(1_500, 4_000);
  const leaves = dice.between(0, 2);
  const joins = dice.between(3, 5);
  return {
    class: "F14",
    variant,
    target: variant === "leave-and-join" ? `reconciler-${leaves + 1}` : `reconciler-${joins + 1}`,
    parameters: { holdMs },
    needs: ["scale", ...(variant === "leave-and-join" ? [`reconciler-${leaves + 1}`] : [])],
    touchesRelay: true,
    async run({ deployment, sleep }) {
      const { reconcilers } = deployment;
      switch (variant) {
        case "leave-and-join":
          await reconcilers[leaves]!.down();
          await sleep(holdMs);
          reconcilers[leaves]!.up();
          return {};
        case "join-and-leave":
          reconcilers[joins]!.up();
          await sleep(holdMs + 2_000);
          await reconcilers[joins]!.down();
          return {};
        case "one-six-two":
          await Promise.all(reconcilers.slice(1).map((one) => one.down()));
          await sleep(holdMs);
          for (const one of reconcilers) one.up();
          await sleep(holdMs + 2_000);
          await Promise.all(reconcilers.slice(2).map((one) => one.down()));
          await sleep(holdMs);
          reconcilers[2]!.up();
          return {};
        default:
          return variant satisfies never;
      }
    },
  };
};
