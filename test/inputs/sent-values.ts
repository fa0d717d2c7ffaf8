/**
 * Every value these tests send, to be looked for where none may be: in logs, in the bodies of refusals, in what is kept
 * beside a dead letter. Values too short or too common to tell from what a service says by itself are left out.
 */

const LENGTH_MIN = 6;
/** Digits alone could be an offset, a time or a process id. */
const DIGITS_MIN = 9;
/** What a caller sends and a service says by itself: names of fields, methods, types. */
const COMMON =
  /^(?:application\/[a-z-]+|identity|respond-async|chunked|wait=\d+|text\/plain|undefined|\[object Object\])$/;
/** A property with another name is a value in the wrong place. */
const FIELD_NAME = /^[A-Za-z0-9_-]{1,40}$/;
const VALUES_MAX = 20_000;

const sent = new Set<string>();

/** The values in something that is sent: the texts and numbers at the leaves of JSON, else the text itself. */
export function valuesIn(something: unknown): string[] {
  const values: string[] = [];
  const stack: unknown[] = [something];
  while (stack.length > 0) {
    const one = stack.pop();
    if (typeof one === "object" && one !== null) {
      stack.push(...Object.values(one), ...Object.keys(one).filter((name) => !FIELD_NAME.test(name)));
    }
    if (typeof one === "string" || typeof one === "number") values.push(String(one));
  }
  return values.map((value) => value.trim().slice(0, 200)).filter(isTelling);
}

/** Remembers the values of something that is sent. */
export function noteSent(something: unknown): void {
  for (const value of valuesIn(something)) if (sent.size < VALUES_MAX) sent.add(value);
}

/** Those of the values sent that are in the text. Must be empty. */
export function sentValuesIn(text: string): string[] {
  return [...sent].filter((value) => text.includes(value));
}

/** How many values are known: a search for nothing proves nothing. */
export function sentCount(): number {
  return sent.size;
}

function isTelling(value: string): boolean {
  return value.length >= (/^\d+$/.test(value) ? DIGITS_MIN : LENGTH_MIN) && !COMMON.test(value);
}
