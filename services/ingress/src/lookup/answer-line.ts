/**
 * A line of the query service's answer to a batch. The contact in it goes on to the caller as it came: it may be 15 KB,
 * and reading it only to write it again would cost more than all else that is done for an `identify`.
 */

/** `contactJson`: only of an item that was found. */
export type AnswerLine = {
  readonly index: number;
  readonly status: number;
  readonly contactJson: string | undefined;
  readonly isTruncated: boolean;
};

type Parsed = { index: number; status: number; contact?: unknown; identity?: { truncated: boolean } };

/** The beginning of a line as the query service writes it. */
const FOUND = /^\{"index":([0-9]{1,4}),"status":200,"contact":(?=\{"primaryContactId":)/;
/** What follows the contact there. It is in none of its texts: their quotes are escaped. */
const AFTER_CONTACT = '},"identity":{';

/** Throws a SyntaxError if the line is no JSON, as far as it is read. */
export function readAnswerLine(line: string): AnswerLine {
  const found = FOUND.exec(line);
  const end = found === null ? -1 : line.indexOf(AFTER_CONTACT, found[0].length);
  if (found === null || end === -1) return parse(line);
  const contactEnd = end + 1;
  const { identity } = JSON.parse(`{${line.slice(contactEnd + 1)}`) as Parsed;
  return {
    index: Number(found[1]),
    status: 200,
    contactJson: line.slice(found[0].length, contactEnd),
    isTruncated: identity?.truncated === true,
  };
}

/** Of a query service that writes its lines in another way. */
function parse(line: string): AnswerLine {
  const { index, status, contact, identity } = JSON.parse(line) as Parsed;
  return {
    index,
    status,
    contactJson: contact === undefined ? undefined : JSON.stringify(contact),
    isTruncated: identity?.truncated === true,
  };
}
