/** The page shows the whole document, and asks nobody for anything. */
import { ingressDocument, queryDocument } from "@kith/contracts";
import { describe, expect, test } from "vitest";
import { renderDocs } from "./render-docs.ts";

describe.each([
  ["ingress", ingressDocument()],
  ["query", queryDocument()],
])("the page of %s", (_name, document) => {
  const page = renderDocs(document);

  test("shows every route and every status", () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, { responses }] of Object.entries(methods)) {
        expect(page).toContain(`<code>${method.toUpperCase()} ${path}</code>`);
        for (const status of Object.keys(responses)) expect(page).toContain(`<td><code>${status}</code></td>`);
      }
    }
  });

  test("loads nothing: no script, no picture, no style sheet, no link that leaves it", () => {
    expect(page).not.toMatch(/<(script|link|img|iframe|object|embed|form|base)\b/i);
    expect(page).not.toMatch(/\s(src|srcset|action|data)=/i);
    expect(page).not.toMatch(/url\(|@import/i);
    for (const [, href] of page.matchAll(/href="([^"]*)"/g)) expect(href).toMatch(/^(#|\/openapi\.json$)/);
  });

  test("is well-formed where values have angle brackets and quotes", () => {
    const odd = { ...document, info: { ...document.info, title: '<b>"&', description: "`a<b`" } };
    expect(renderDocs(odd)).toContain("<h1>&lt;b&gt;&quot;&amp;</h1><p><code>a&lt;b</code></p>");
  });
});
