/**
 * Which dead letters a redrive takes, page by page. Each letter is published once: what was redriven before is left out,
 * unless it is named by its place with `--again`. A letter that came back from a redrive is left out of `--code` and
 * `--all`, because the same record fails in the same way; with `--again` it is taken, once.
 */
import { formatPlace, type Place, parsePlace } from "./place.ts";
import { type DeadLetter, readDeadLetters, readNow, readOpenDeadLetters } from "./sql/read-dead-letters.ts";
import type { Deployment } from "./with-deployment.ts";

export type Selection =
  | { readonly kind: "places"; readonly places: readonly string[]; readonly isAgain: boolean }
  | { readonly kind: "open"; readonly code: string | undefined; readonly isReturnedToo: boolean };

export type SelectedPage = {
  readonly letters: readonly DeadLetter[];
  /** `isFine`: nothing is left to do for it. */
  readonly leftOut: readonly { readonly place: string; readonly why: string; readonly isFine: boolean }[];
};

// A letter may be a megabyte.
const PLACES_AT_A_TIME = 8;

export async function* selectLetters(deployment: Deployment, selection: Selection): AsyncGenerator<SelectedPage> {
  if (selection.kind === "places") yield* byPlace(deployment, selection.places, selection.isAgain);
  else yield* open(deployment, selection);
}

async function* byPlace(
  { db, topicId }: Deployment,
  texts: readonly string[],
  isAgain: boolean,
): AsyncGenerator<SelectedPage> {
  // Read all first: a wrong one must not be found after others were redriven. The same place twice is meant once.
  const places = new Map(texts.map((text) => parsePlace(text, topicId)).map((at) => [formatPlace(at, topicId), at]));
  const names = [...places.keys()];
  for (let start = 0; start < names.length; start += PLACES_AT_A_TIME) {
    const page = names.slice(start, start + PLACES_AT_A_TIME);
    const found = await readDeadLetters(
      db,
      page.map((name) => places.get(name)!),
    );
    const letters = found.filter((letter) => isAgain || letter.redrives === 0);
    const leftOut = page.flatMap((name) => {
      const letter = found.find((one) => formatPlace(placeOf(one), topicId) === name);
      if (letter === undefined) return [{ place: name, why: "there is no such dead letter", isFine: false }];
      if (letters.includes(letter)) return [];
      return [{ place: name, why: `redriven before, to ${letter.redriven_to}`, isFine: true }];
    });
    yield { letters, leftOut };
  }
}

async function* open(
  { db }: Deployment,
  { code, isReturnedToo }: Selection & { kind: "open" },
): AsyncGenerator<SelectedPage> {
  const [row] = await readNow(db, null);
  const until = row!.now;
  for (let after: Place | undefined; ; ) {
    const letters = await readOpenDeadLetters(db, { code, isReturnedToo, until, after });
    const last = letters.at(-1);
    if (last === undefined) return;
    yield { letters, leftOut: [] };
    after = placeOf(last);
  }
}

function placeOf(letter: DeadLetter): Place {
  return { topicId: letter.topic_id, partition: letter.partition, offset: letter.offset };
}
