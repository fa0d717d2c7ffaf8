/** The worked examples: what is posted, in which order, and what to look at. */
import type { IdentifierInput } from "@kith/client";

/** A few orders with a sentence that says what they show. */
export type Scene = { readonly caption: string; readonly orders: readonly IdentifierInput[] };

export const SCENES: readonly Scene[] = [
  {
    caption: "Two orders share a phone number: they are from one person, and the older order is the primary contact.",
    orders: [
      { email: "lorraine@hillvalley.edu", phoneNumber: "123456" },
      { email: "mcfly@hillvalley.edu", phoneNumber: "123456" },
    ],
  },
  {
    caption:
      "Whatever one knows of a person leads to the same answer. These orders bring nothing new, so nothing is written.",
    orders: [
      { phoneNumber: "123456" },
      { email: "lorraine@hillvalley.edu" },
      { email: "mcfly@hillvalley.edu", phoneNumber: null },
      { email: null, phoneNumber: "123456" },
      { email: "lorraine@hillvalley.edu", phoneNumber: 123456 },
    ],
  },
  {
    caption: "Two people, until a third order shows that they are one: their identities merge.",
    orders: [
      { email: "george@hillvalley.edu", phoneNumber: "919191" },
      { email: "biffsucks@hillvalley.edu", phoneNumber: "717171" },
      { email: "george@hillvalley.edu", phoneNumber: "717171" },
    ],
  },
];

/** Every identifier above, in canonical form: what makes a record one of the demo's. */
export const IDENTIFIERS: ReadonlySet<string> = new Set(
  SCENES.flatMap((scene) => scene.orders.flatMap(({ email, phoneNumber }) => [email, phoneNumber]))
    .filter((value) => value !== null && value !== undefined)
    .map(String),
);

/** One identifier of each person that the examples end with. */
export const PEOPLE: readonly IdentifierInput[] = [
  { email: "lorraine@hillvalley.edu" },
  { email: "george@hillvalley.edu" },
];
