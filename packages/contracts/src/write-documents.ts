/**
 * Writes the published documents from the schemas (`pnpm docs:write`): docs/openapi, docs/asyncapi.json, docs/schemas.
 * With --check it writes nothing and fails if a committed file differs.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { asyncApiDocument, recordSchemas } from "./http/build-asyncapi.ts";
import { ingressDocument, queryDocument } from "./http/build-openapi.ts";

const DOCS = join(import.meta.dirname, "../../../docs");

const documents: Record<string, unknown> = {
  "openapi/ingress.json": ingressDocument(),
  "openapi/query.json": queryDocument(),
  "asyncapi.json": asyncApiDocument(),
};
for (const [name, schema] of Object.entries(recordSchemas())) documents[`schemas/${name}.json`] = schema;

for (const [name, document] of Object.entries(documents)) {
  const path = join(DOCS, name);
  const text = `${JSON.stringify(document, undefined, 2)}\n`;
  if (!process.argv.includes("--check")) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  } else if ((await readIfThere(path)) !== text) {
    console.error(`docs/${name} is not what packages/contracts says: run \`pnpm docs:write\`.`);
    process.exitCode = 1;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
