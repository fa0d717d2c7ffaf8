/** An OpenAPI document of ours as one page of HTML, to be read without a script and without any other request. */
import type { DocumentedExample, DocumentedOperation, JsonSchema, OpenApiDocument } from "@kith/contracts";

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
code,pre{font:14px/1.45 ui-monospace,monospace}pre{background:#f4f4f2;padding:.75rem;overflow:auto;border-radius:4px}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #ddd}
section{margin-top:3rem}h2 code{font-size:1.1rem}details{margin:.5rem 0}nav a{display:block}
@media(prefers-color-scheme:dark){body{color:#e8e8e6;background:#161616}pre{background:#242424}td,th{border-color:#3a3a3a}a{color:#8ab4ff}}`;

/** The whole page. */
export function renderDocs({ info, paths, components }: OpenApiDocument): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, operation })),
  );
  const links = operations.map(
    ({ route, operation }) =>
      `<a href="#${operation.operationId}"><code>${text(route)}</code> ${text(operation.summary)}</a>`,
  );
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `<h3 id="schema-${text(name)}">${text(name)}</h3>${json(schema)}`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${text(info.title)}</title><style>${STYLE}</style></head><body>
<h1>${text(info.title)}</h1><p>${prose(info.description)}</p><p>For programs: <a href="/openapi.json">/openapi.json</a></p>
<nav>${links.join("\n")}</nav>
${operations.map(({ route, operation }) => renderOperation(route, operation)).join("\n")}
<section><h2>Bodies</h2>${schemas.join("\n")}</section></body></html>
`;
}

function renderOperation(route: string, operation: DocumentedOperation): string {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const scopes = operation["x-scopes"];
  const parts = [
    `<h2 id="${text(operationId)}"><code>${text(route)}</code></h2><p><b>${text(summary)}.</b> ${prose(description)}</p>`,
  ];
  parts.push(
    scopes === undefined
      ? "<p>No key is asked for.</p>"
      : `<p>Where the deployment has keys: one with scope ${scopes.map((scope) => `<code>${text(scope)}</code>`).join(" or ")}.</p>`,
  );
  if (parameters.length > 0) {
    const rows = parameters.map((one) => [code(one.name), text(one.in), prose(one.description)]);
    parts.push(table(["parameter", "in", ""], rows));
  }
  if (requestBody !== undefined) {
    const rows = Object.entries(requestBody.content).map(([type, { schema }]) => [code(type), schemaLink(schema)]);
    parts.push(table(["body", ""], rows));
  }
  const answers = Object.entries(responses).map(([status, { description: what, content, headers = {} }]) => [
    code(status),
    prose(what) +
      Object.entries(headers)
        .map(([name, { description: about }]) => `<br>${code(name)}: ${prose(about)}`)
        .join(""),
    Object.values(content)
      .map(({ schema }) => schemaLink(schema))
      .join("<br>"),
  ]);
  parts.push(table(["answer", "", "body"], answers));
  const examples = operation["x-examples"].map(
    (example) => `<p>${text(example.summary)}: ${code(outcome(example))}</p><pre>${text(curl(route, example))}</pre>`,
  );
  parts.push(`<details><summary>Examples</summary>${examples.join("\n")}</details>`);
  return `<section>${parts.join("\n")}</section>`;
}

const outcome = ({ status, code: problem }: DocumentedExample): string =>
  problem === undefined ? `${status}` : `${status} ${problem}`;

function curl(route: string, { parameters = {}, query = {}, headers = {}, body }: DocumentedExample): string {
  const [method = "", pattern = ""] = route.split(" ");
  let path = pattern;
  for (const [name, value] of Object.entries(parameters)) path = path.replace(`{${name}}`, value);
  const search = new URLSearchParams(query).toString();
  const lines = [`curl -X ${method} ${quoted(`$KITH${path}${search === "" ? "" : `?${search}`}`)}`];
  const all =
    body === undefined || headers["content-type"] !== undefined
      ? headers
      : { "content-type": "application/json", ...headers };
  for (const [name, value] of Object.entries(all)) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body !== undefined) lines.push(`--data-binary ${quoted(typeof body === "string" ? body : JSON.stringify(body))}`);
  return lines.join(" \\\n  ");
}

const quoted = (value: string): string =>
  value.startsWith("$KITH") ? `"${value}"` : `'${value.replaceAll("'", "'\\''")}'`;

function schemaLink(schema: JsonSchema): string {
  const name = typeof schema.$ref === "string" ? schema.$ref.split("/").at(-1) : undefined;
  return name === undefined
    ? prose(String(schema.description ?? schema.type ?? ""))
    : `<a href="#schema-${text(name)}">${text(name)}</a>`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.map((one) => `<th>${text(one)}</th>`).join("");
  return `<table><tr>${head}</tr>${rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("")}</table>`;
}

const json = (value: unknown): string => `<pre>${text(JSON.stringify(value, undefined, 2))}</pre>`;
const code = (value: string): string => `<code>${text(value)}</code>`;
/** Text with `code` in backticks. */
const prose = (value: string): string => text(value).replace(/`([^`]*)`/g, "<code>$1</code>");
const text = (value: string): string =>
  value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
