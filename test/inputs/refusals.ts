/**
 * Requests that are refused, as data: each goes over a bare socket to every address it names, and each must answer with
 * the same problem document, which never repeats what was sent.
 */
import { PROBLEM_CODES, type ProblemCode, type ProblemDocument } from "@kith/contracts";
import type { World } from "@kith/testkit/system";
import { expect, test } from "vitest";
import { noteSent, valuesIn } from "./sent-values.ts";
import { overSocket, requestBytes } from "./socket-client.ts";

/** Where a body can go. */
export const ADDRESSES = {
  identify: { service: "ingress", path: "/api/identify" },
  identifyToo: { service: "ingress", path: "/identify" },
  orders: { service: "ingress", path: "/v1/orders" },
  batch: { service: "ingress", path: "/v1/orders/batch" },
  lookup: { service: "query", path: "/v1/contacts/lookup" },
  lookupBatch: { service: "query", path: "/v1/contacts/lookup/batch" },
} as const;
export type Address = keyof typeof ADDRESSES;

/** The addresses that take one person's identifiers. */
const SINGLE: readonly Address[] = ["identify", "identifyToo", "orders", "lookup"];

export type Refusal = {
  readonly row: number;
  readonly name: string;
  readonly code: ProblemCode;
  /** Default: all that take one person's identifiers. */
  readonly to?: readonly Address[];
  /** Instead of `to`: another request than a POST, or another path. */
  readonly at?: { readonly service: "ingress" | "query"; readonly method: string; readonly path: string };
  readonly json?: unknown;
  /** Instead of `json`: the body as it is. */
  readonly bytes?: string | Buffer;
  /** Beside `content-type: application/json`; undefined takes one away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** The fields at fault, `name: code`; not looked at if it is not given. */
  readonly errors?: Readonly<Record<string, string>>;
  /** The connection is closed though the request would have kept it. */
  readonly closes?: true;
  readonly allow?: string;
};

/** Makes each case a test. */
export function testRefusals(world: World, refusals: readonly Refusal[]): void {
  for (const refusal of refusals) {
    const status = PROBLEM_CODES[refusal.code].status;
    test(`INPUTS ${refusal.row}: ${refusal.name} → ${status} ${refusal.code}`, async () => {
      const targets = refusal.at
        ? [refusal.at]
        : (refusal.to ?? SINGLE).map((name) => ({ method: "POST", ...ADDRESSES[name] }));
      for (const target of targets) await expectRefusal(world, refusal, target);
    });
  }
}

async function expectRefusal(world: World, refusal: Refusal, target: NonNullable<Refusal["at"]>): Promise<void> {
  const url = target.service === "ingress" ? world.system.ingressUrl : world.system.queryUrl;
  const body = Buffer.from(
    (refusal.bytes ?? (refusal.json === undefined ? "" : JSON.stringify(refusal.json))) as string,
  );
  const headers: Record<string, string> = {};
  const wanted = { ...(target.method === "POST" && { "content-type": "application/json" }), ...refusal.headers };
  for (const [name, value] of Object.entries(wanted)) if (value !== undefined) headers[name] = value;
  if (refusal.closes) headers.connection = "keep-alive";
  noteSent(refusal.json ?? body.toString("latin1"));
  noteSent(headers);

  const answer = await overSocket(url, [requestBytes(new URL(url).host, { ...target, headers }, body)]);
  const where = `${target.method} ${target.path.slice(0, 60)}`;
  expect([where, answer.status, answer.body]).toMatchObject([
    where,
    PROBLEM_CODES[refusal.code].status,
    expect.any(String),
  ]);
  expect(answer.headers["content-type"]).toBe("application/problem+json");
  expectNoEcho(answer.bytes, refusal, target.path, body);
  if (target.method === "HEAD") return;
  const problem = JSON.parse(answer.body) as ProblemDocument;
  expect(problem).toMatchObject({
    type: `urn:kith:problem:${refusal.code}`,
    code: refusal.code,
    status: answer.status,
  });
  expect(problem.title).toBe(PROBLEM_CODES[refusal.code].title);
  if (refusal.errors !== undefined) {
    expect(Object.fromEntries(problem.errors.map(({ field, code }) => [field, code]))).toEqual(refusal.errors);
  }
  if (refusal.allow !== undefined) expect(answer.headers.allow).toBe(refusal.allow);
  if (refusal.closes) expect(answer.closedByServer).toBe(true);
}

/** Nothing that was sent comes back: no value of the body, no header's value, nothing of the path beyond the route. */
function expectNoEcho(bytes: string, refusal: Refusal, path: string, body: Buffer): void {
  const own = Object.entries(refusal.headers ?? {}).filter(([name]) => !/^(content-type|allow)$/i.test(name));
  const values = [
    ...valuesIn(refusal.json ?? body.toString("latin1")),
    ...valuesIn(own.map(([, value]) => value)),
    ...path.split(/[/?&=]/).filter((part) => /[^A-Za-z0-9]/.test(part) && part.length >= 4),
  ];
  const text = Buffer.from(bytes, "latin1").toString("utf8");
  for (const value of values) {
    expect(text).not.toContain(value);
    expect(text).not.toContain(JSON.stringify(value).slice(1, -1));
  }
}
