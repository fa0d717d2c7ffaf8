import { describe, expect, it } from "vitest";
import { findTold, findToldInMetric } from "./find-told.ts";

const sent = new Set(["415555017", "+14155550177", "1795503120001"]);
const valuesIn = (line: string) => findTold(line, sent).map(({ value }) => value);

describe("a value is found", () => {
  it.each([
    ["an email in a message", '{"msg":"no such person: biff@hillvalley.edu."}', "biff@hillvalley.edu"],
    ["an email below other names", '{"err":{"cause":{"detail":"Key (1, e1@x.io) exists"}}}', "e1@x.io"],
    ["an email as a name", '{"counts":{"e1@x.io":3}}', "e1@x.io"],
    ["an email in a list", '{"seen":["e1@x.io"]}', "e1@x.io"],
    ["an email in an address", '{"url":"/v1/contacts?email=biff%40hillvalley.edu&x=1"}', "biff%40hillvalley.edu"],
    ["an email with a tag, upper case", "Biff+Tannen@HillValley.EDU broke", "Biff+Tannen@HillValley.EDU"],
    ["an email of an international domain", '{"msg":"biff@xn--tda.de"}', "biff@xn--tda.de"],
    ["an email in JSON within JSON", '{"body":"{\\"email\\":\\"e1@x.io\\"}"}', "e1@x.io"],
    ["an email in half a line", '{"level":"error","msg":"e1@x.io', "e1@x.io"],
    ["an email beside a path", "/a/node_modules/b/c.js:1:2 told e1@x.io", "e1@x.io"],
    ["an international phone nobody noted", '{"msg":"bad phone +4915550000001"}', "+4915550000001"],
    ["an international phone in an address", '{"url":"/v1/contacts?phoneNumber=%2B14155550177"}', "%2B14155550177"],
    ["an international phone after a name", '{"msg":"phone=+14155550177"}', "+14155550177"],
    ["an international phone without its plus", '{"msg":"no 14155550177"}', "14155550177"],
    ["a phone in quotes", '{"msg":"Key (2, \'415555017\') exists"}', "415555017"],
    ["a phone that is the whole text", '{"phone":"415555017"}', "415555017"],
    ["a phone at the end of a sentence", '{"msg":"it was 415555017."}', "415555017"],
  ])("%s", (_, line, value) => expect(valuesIn(line)).toEqual([value]));

  it("with the beginning of its line", () => {
    expect(findTold(`e1@x.io ${"a".repeat(10_000)}`, sent)[0]?.line).toMatch(/^e1@x\.io a{100,300}$/);
  });
});

describe("no alarm for", () => {
  it.each([
    ["measured numbers, whatever was sent", '{"time":1795503120001,"offset":415555017}'],
    ["numbers nobody sent", '{"msg":"offset 987654321 of partition 3"}'],
    ["times", '{"time":"2026-11-26T23:22:41.123+00:00","started":"2026-11-26 23:22:41+00"}'],
    ["ids and hashes", '{"id":"0af76519-16cd-43dd-8448-415555017319","h":"415555017ab","t":"00-415555017-1"}'],
    ["addresses of servers", '{"broker":"127.0.0.1:41555","url":"postgres://kith:secret@127.0.0.1:5432/kith"}'],
    ["where packages lie", "at f (file:///a/node_modules/.pnpm/fastify@5.1.0-rc.next/node_modules/fastify/x.js:1:2)"],
    ["versions", '{"engine":"node@24.21.0","version":"4.3.1+1234567.abc"}'],
    ["base64", '{"cluster":"+1415555017abc"}'],
    ["the worked example of pnpm start", `kith    -d '{"email":"lorraine@hillvalley.edu","phoneNumber":"123456"}'`],
  ])("%s", (_, line) => expect(valuesIn(line)).toEqual([]));
});

describe("metrics", () => {
  it.each([
    ["an email in a label", 'kith_lookups_total{who="e1@x.io"} 3', ["e1@x.io"]],
    ["a phone in a label", 'kith_lookups_total{who="415555017"} 3', ["415555017"]],
    ["an email in a help text", "# HELP kith_lookups_total Of e1@x.io", ["e1@x.io"]],
    ["what was measured", "kith_memory_bytes 415555017", []],
    ["bounds and exponents", 'kith_x_bucket{le="0.0025"} 1.795503120001e+12', []],
  ])("%s", (_, line, values) => {
    expect(findToldInMetric(line, sent).map(({ value }) => value)).toEqual(values);
  });
});
