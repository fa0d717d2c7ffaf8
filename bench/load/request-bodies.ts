/** Pair → what a shop would send: identifiers as people write them, not always in canonical form. */
import type { HttpLoad } from "./http-load.ts";
import { emailText, phoneText } from "./identifier-texts.ts";
import { createPeople, type Pair } from "./people.ts";

// One in five writes the phone with spaces, one in ten the email in capitals.
const SPACED_PHONE_EVERY = 5;
const CAPITAL_EMAIL_EVERY = 10;

/** Makes the bodies of a load one by one. */
export function createBodies({ kind, people: { seed, mix, known, newAt }, itemsPerRequest }: HttpLoad): () => string {
  const people = createPeople(seed);
  for (let i = 0; i < known; i++) people.next("all-new");
  people.startNewAt(newAt);
  let count = 0;

  function order(withOrderId: boolean): string {
    const { emailId, phoneId } = people.next(mix);
    count += 1;
    const fields: string[] = [];
    if (withOrderId) fields.push(`"orderId":"order-${newAt + count}"`);
    if (emailId >= 0) fields.push(`"email":"${writtenEmail(emailId, count)}"`);
    if (phoneId >= 0) fields.push(`"phoneNumber":"${writtenPhone(phoneId, count)}"`);
    return `{${fields.join(",")}}`;
  }

  function lookup(): string {
    const { emailId, phoneId }: Pair = people.anyKnown();
    return emailId >= 0 ? `{"email":"${emailText(emailId)}"}` : `{"phoneNumber":"${phoneText(phoneId)}"}`;
  }

  const batchOf = (make: () => string) => `[${Array.from({ length: itemsPerRequest }, make).join(",")}]`;
  switch (kind) {
    case "identify":
      return () => order(false);
    case "order":
      return () => order(true);
    case "order-batch":
      return () => batchOf(() => order(true));
    case "lookup":
      return lookup;
    case "lookup-batch":
      return () => batchOf(lookup);
    default:
      return kind satisfies never;
  }
}

function writtenEmail(id: number, count: number): string {
  const text = emailText(id);
  return count % CAPITAL_EMAIL_EVERY === 0 ? text.toUpperCase() : text;
}

function writtenPhone(id: number, count: number): string {
  const text = phoneText(id);
  return count % SPACED_PHONE_EVERY === 0 ? `${text.slice(0, 3)} ${text.slice(3, 6)} ${text.slice(6)}` : text;
}
