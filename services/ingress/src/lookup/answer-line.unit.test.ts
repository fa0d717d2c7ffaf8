import { describe, expect, it } from "vitest";
import { readAnswerLine } from "./answer-line.ts";

const contact = {
  primaryContactId: 7,
  emails: ["a@x.io", '"},"identity":{"truncated":true}'],
  phoneNumbers: ["555001"],
  secondaryContactIds: [9],
};
const identity = { identityId: 3, version: 2, size: 3, truncated: false };
const line = (more: object = {}) => JSON.stringify({ index: 12, status: 200, contact, identity, ...more });

describe("a line of the query service's answer", () => {
  it("gives the contact as it was written", () => {
    expect(readAnswerLine(line())).toEqual({
      index: 12,
      status: 200,
      contactJson: JSON.stringify(contact),
      isTruncated: false,
    });
  });

  it("says whether the contact is shown in part", () => {
    expect(readAnswerLine(line({ identity: { ...identity, truncated: true } })).isTruncated).toBe(true);
    expect(readAnswerLine(line({ unmatched: ["email"] })).isTruncated).toBe(false);
  });

  it("may be written in another order", () => {
    const other = JSON.stringify({ status: 200, identity: { ...identity, truncated: true }, contact, index: 3 });
    expect(readAnswerLine(other)).toEqual({
      index: 3,
      status: 200,
      contactJson: JSON.stringify(contact),
      isTruncated: true,
    });
  });

  it("has no contact where nothing was found", () => {
    expect(readAnswerLine('{"index":1,"status":202}')).toMatchObject({ index: 1, status: 202, contactJson: undefined });
    expect(readAnswerLine('{"index":1,"status":404,"problem":{}}')).toMatchObject({ status: 404 });
  });

  it.each(["", "{", line().slice(0, -1), line().slice(0, 40)])("that is cut off is refused: %j", (text) => {
    expect(() => readAnswerLine(text)).toThrow(SyntaxError);
  });
});
