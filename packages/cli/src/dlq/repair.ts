/** `--repair`: what is published in place of a dead letter's value. */
import { readFile } from "node:fs/promises";
import { orderIdentityRecord } from "@kith/contracts";
import { type Canonicalizer, NORM_VERSION } from "@kith/identifiers";
import { z } from "zod";
import { wrongWords } from "../command.ts";
import { CliError, EXIT } from "../exit-codes.ts";

/**
 * `whole`: this very value, for one letter. `canonical`: the letter's own value with its email and phone brought into
 * canonical form, for any number of letters.
 */
export type Repair = { readonly kind: "whole"; readonly value: string } | { readonly kind: "canonical" };

const VALUE_BYTES_MAX = 1024 * 1024;

/** Reads `canonical`, a JSON object, or the path of a file with one. The record's form is checked, so it can be told here. */
export async function readRepair(text: string): Promise<Repair> {
  if (text === "canonical") return { kind: "canonical" };
  const isInline = text.trimStart().startsWith("{");
  const value = isInline ? text : await readText(text);
  if (Buffer.byteLength(value) > VALUE_BYTES_MAX) throw new CliError(EXIT.usage, "the repaired record is too large");
  const parsed = orderIdentityRecord.safeParse(parseJson(value));
  if (parsed.success) return { kind: "whole", value };
  const fields = [...new Set(parsed.error.issues.map((issue) => String(issue.path[0] ?? "the record")))].join(", ");
  throw new CliError(EXIT.usage, `the repaired record is not one of order.identity: wrong or missing: ${fields}`);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new CliError(EXIT.usage, "--repair is neither canonical, nor a JSON object, nor a file that can be read", {
      cause,
    });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Without the parser's words: they quote the text.
    throw wrongWords("the repaired record is not JSON");
  }
}

const withIdentifiers = z.looseObject({ email: z.unknown().optional(), phone: z.unknown().optional() });

/** The value with canonical identifiers by today's rules; undefined if that cannot be done. */
export function canonicalValue(value: Buffer, canonicalizer: Canonicalizer): string | undefined {
  const parsed = withIdentifiers.safeParse(parseQuietly(value));
  if (!parsed.success) return undefined;
  const { email: givenEmail, phone: givenPhone, ...rest } = parsed.data;
  const email = canonicalizer.email(givenEmail);
  const phone = canonicalizer.phone(givenPhone);
  if (email.kind === "invalid" || phone.kind === "invalid") return undefined;
  if (email.kind !== "ok" && phone.kind !== "ok") return undefined;
  const repaired: Record<string, unknown> = { ...rest, normVersion: NORM_VERSION };
  if (email.kind === "ok") repaired.email = email.value;
  if (phone.kind === "ok") repaired.phone = phone.value;
  // As the ingress does it: what is left out as junk is named.
  if (email.kind === "junk") repaired.dropped = ["email"];
  if (phone.kind === "junk") repaired.dropped = ["phone"];
  return JSON.stringify(repaired);
}

/** The JSON of a value, or undefined if it is none. */
export function parseQuietly(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
