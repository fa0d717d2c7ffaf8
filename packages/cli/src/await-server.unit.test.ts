import { describe, expect, it } from "vitest";
import { type AwaitServerOptions, awaitServer } from "./await-server.ts";
import { CliError, EXIT } from "./exit-codes.ts";

function setup(changes: Partial<AwaitServerOptions>) {
  const told: string[] = [];
  const options: AwaitServerOptions = {
    name: "the server",
    ask: () => Promise.resolve(),
    mayComeUp: () => true,
    deadlineMs: 2_000,
    pauseMs: 1,
    onWait: (message) => told.push(message),
    ...changes,
  };
  return { options, told };
}

describe("awaitServer", () => {
  it("says nothing when the server answers at once", async () => {
    const { options, told } = setup({});
    await awaitServer(options);
    expect(told).toEqual([]);
  });

  it("asks until the server answers, and says once that it waits", async () => {
    let asked = 0;
    const { options, told } = setup({
      ask: async () => {
        asked += 1;
        if (asked < 4) throw new Error("not yet");
      },
    });
    await awaitServer(options);
    expect(asked).toBe(4);
    expect(told).toEqual(["waiting for the server: not yet"]);
  });

  it("throws at once what waiting cannot mend", async () => {
    const wrong = new Error("wrong password");
    const { options, told } = setup({ ask: () => Promise.reject(wrong), mayComeUp: (error) => error !== wrong });
    await expect(awaitServer(options)).rejects.toBe(wrong);
    expect(told).toEqual([]);
  });

  it("tells the last reason it heard, even if nothing more came before the deadline", async () => {
    let asked = 0;
    const refused = new Error("refused");
    const ask = () => (asked++ === 0 ? Promise.reject(refused) : new Promise<void>(() => undefined));
    const { options } = setup({ ask, deadlineMs: 30 });
    await expect(awaitServer(options)).rejects.toMatchObject({ exitCode: EXIT.unavailable, cause: refused });
  });

  it.each([
    { title: "refuses", ask: () => Promise.reject(new Error("refused")) },
    { title: "accepts and never answers", ask: () => new Promise<void>(() => undefined) },
  ])("gives up after the deadline on a server that $title", async ({ ask }) => {
    const { options } = setup({ ask, deadlineMs: 30 });
    const failure = await awaitServer(options).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CliError);
    expect(failure).toMatchObject({ exitCode: EXIT.unavailable, message: "the server did not answer within 0.03 s" });
  });
});
