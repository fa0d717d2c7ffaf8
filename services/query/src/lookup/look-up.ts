/** One lookup: wait for the receipt if there is one, find the identity, answer. */
import { KithError, type LookupAnswer } from "@kith/contracts";
import type { AskedIdentifier } from "../sql/find-identities.ts";
import { lookupAnswer } from "./answer.ts";
import type { LookupQueue } from "./lookup-queue.ts";
import type { LookupRequest } from "./parse-lookup.ts";
import type { AwaitedReceipt } from "./wait-for-receipt.ts";

export type LookUpDependencies = {
  readonly queue: LookupQueue;
  readonly waitForReceipt: (receipt: string, waitMs: number) => Promise<AwaitedReceipt>;
};

export type LookupOutcome = { readonly kind: "found"; readonly answer: LookupAnswer } | { readonly kind: "pending" };

/**
 * Throws a KithError: `unknown-contact`, `different-identities`, or one of the receipt's. `enter` is awaited between
 * the wait for the receipt and the database.
 */
export function createLookUp({ queue, waitForReceipt }: LookUpDependencies) {
  return async function lookUp(request: LookupRequest, enter?: () => Promise<void>): Promise<LookupOutcome> {
    const { email, phone, receipt } = request;
    if (receipt !== undefined) {
      const { isSettled } = await waitForReceipt(receipt, request.waitMs);
      if (!isSettled) return { kind: "pending" };
    }
    const asked: AskedIdentifier[] = [];
    if (email !== undefined) asked.push({ kind: 1, value: email });
    if (phone !== undefined) asked.push({ kind: 2, value: phone });
    if (asked.length === 0) throw new KithError("unknown-contact");

    await enter?.();
    const { identities } = await queue.find(asked);
    const byEmail = email === undefined ? undefined : identities[0];
    const byPhone = phone === undefined ? undefined : identities[identities.length - 1];
    const found = byEmail ?? byPhone;
    if (found === undefined) throw new KithError("unknown-contact");
    if (byEmail !== undefined && byPhone !== undefined && byEmail.identityId !== byPhone.identityId) {
      const identityIds = [byEmail.identityId, byPhone.identityId];
      throw new KithError("different-identities", { identityIds });
    }
    const unmatched = [...request.junk];
    if (email !== undefined && byEmail === undefined) unmatched.push("email");
    if (phone !== undefined && byPhone === undefined) unmatched.push("phoneNumber");
    return { kind: "found", answer: lookupAnswer(found, { email, phone }, unmatched.sort()) };
  };
}
