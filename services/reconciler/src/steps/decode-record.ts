/** Bytes → JSON object. What is not one can never be applied. */
import { isUtf8 } from "node:buffer";
import { parseJson } from "@kith/contracts";
import type { StepResult } from "../step-result.ts";

/** A JSON object whose fields are not looked at yet. */
export type JsonObject = Record<string, unknown>;

export function decodeRecord(value: Uint8Array | null): StepResult<JsonObject> {
  if (value === null || value.length === 0)
    return { kind: "dead-letter", code: "not-json", reason: "the value is empty" };
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const parsed = parseJson(bytes.toString("utf8"));
  if (parsed === undefined) return { kind: "dead-letter", code: "not-json", reason: "the value is not JSON" };
  if (!isUtf8(bytes)) return { kind: "dead-letter", code: "text", reason: "the value is not valid UTF-8" };
  if (parsed === null || typeof parsed !== "object" || Array.isArray(parsed)) {
    return { kind: "dead-letter", code: "not-json", reason: "the value is not a JSON object" };
  }
  return { kind: "ok", value: parsed as JsonObject };
}
