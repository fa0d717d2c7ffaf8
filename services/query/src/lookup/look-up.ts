/** A lookup: wait for the receipt if there is one, find the identity, answer. */
import { KithError } from "@kith/contracts";
import type { IdentitySnapshot } from "@kith/database";
import type { AskedIdentifier } from "../sql/find-identities.ts";
import { lookupAnswer } from "./answer.ts";
import type { LookupQueue } from "./lookup-queue.ts";
import type { LookupRequest } from "./parse-lookup.ts";
import type { AwaitedReceipt } from "./wait-for-receipt.ts";

export type LookUpDependencies = {
  readonly queue: LookupQueue;
  readonly waitForReceipt: (receipt: string, waitMs: number) => Promise<AwaitedReceipt>;
};

/** The JSON of a `LookupAnswer`. */
export type AnswerJson = string;
export type LookupOutcome = { readonly kind: "found"; readonly answer: AnswerJson } | { readonly kind: "pending" };

export type LookUp = {
  /**
   * Throws a KithError: `unknown-contact`, `different-identities`, or one of the receipt's. `enter` is awaited between
   * the wait for the receipt and the database.
   */
  one(request: LookupRequest, enter?: () => Promise<void>): Promise<LookupOutcome>;
  /** Many that have no receipt, by one statement. What is an error already stays it, in its place. */
  all(requests: readonly (LookupRequest | KithError)[]): Promise<(AnswerJson | KithError)[]>;
};

export function createLookUp({ queue, waitForReceipt }: LookUpDependencies): LookUp {
  return {
    async one(request, enter) {
      if (request.receipt !== undefined) {
        const { isSettled } = await waitForReceipt(request.receipt, request.waitMs);
        if (!isSettled) return { kind: "pending" };
      }
      const asked: AskedIdentifier[] = [];
      ask(request, asked);
      if (asked.length === 0) throw new KithError("unknown-contact");
      await enter?.();
      const { identities } = await queue.find(asked);
      const answer = answerOf(request, identities, 0);
      if (answer instanceof KithError) throw answer;
      return { kind: "found", answer };
    },

    async all(requests) {
      const asked: AskedIdentifier[] = [];
      let lookups = 0;
      for (const request of requests) {
        if (!(request instanceof KithError) && ask(request, asked) > 0) lookups += 1;
      }
      const identities = lookups === 0 ? [] : (await queue.find(asked, lookups)).identities;
      let at = 0;
      return requests.map((request) => {
        if (request instanceof KithError) return request;
        const from = at;
        at += countAsked(request);
        return answerOf(request, identities, from);
      });
    },
  };
}

function countAsked({ email, phone }: LookupRequest): number {
  return (email === undefined ? 0 : 1) + (phone === undefined ? 0 : 1);
}

/** Adds what a request asks for, the email first; tells how many that were. */
function ask(request: LookupRequest, asked: AskedIdentifier[]): number {
  const { email, phone } = request;
  if (email !== undefined) asked.push({ kind: 1, value: email });
  if (phone !== undefined) asked.push({ kind: 2, value: phone });
  return countAsked(request);
}

/** `identities` has what was found for the request from `at` on. */
function answerOf(
  request: LookupRequest,
  identities: readonly (IdentitySnapshot | undefined)[],
  at: number,
): AnswerJson | KithError {
  const { email, phone } = request;
  const byEmail = email === undefined ? undefined : identities[at];
  const byPhone = phone === undefined ? undefined : identities[at + countAsked(request) - 1];
  const found = byEmail ?? byPhone;
  if (found === undefined) return new KithError("unknown-contact");
  if (byEmail !== undefined && byPhone !== undefined && byEmail.identityId !== byPhone.identityId) {
    return new KithError("different-identities", { identityIds: [byEmail.identityId, byPhone.identityId] });
  }
  const unmatched: ("email" | "phoneNumber")[] = [...request.junk];
  if (email !== undefined && byEmail === undefined) unmatched.push("email");
  if (phone !== undefined && byPhone === undefined) unmatched.push("phoneNumber");
  return lookupAnswer(found, { email, phone, unmatched: unmatched.sort() });
}
