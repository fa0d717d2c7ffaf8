/**
 * Where a dead letter lay in the log, as people write it: `<partition>:<offset>`, or `<topic id>/<partition>:<offset>`
 * for one of a topic that the deployment has read from before its present one.
 */
import { wrongWords } from "../command.ts";

export type Place = { readonly topicId: string; readonly partition: number; readonly offset: number };

const PLACE = /^(?:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/)?([0-9]{1,9}):([0-9]{1,15})$/;

/** `topicId` is the deployment's, for a place that names none. */
export function parsePlace(text: string, topicId: string): Place {
  const match = PLACE.exec(text);
  if (match === null) throw wrongWords(`not a place: ${text} (expected <partition>:<offset>)`);
  return { topicId: match[1] ?? topicId, partition: Number(match[2]), offset: Number(match[3]) };
}

export function formatPlace(place: Place, topicId: string): string {
  const short = `${place.partition}:${place.offset}`;
  return place.topicId === topicId ? short : `${place.topicId}/${short}`;
}
