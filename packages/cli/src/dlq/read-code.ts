/** `--code`: one of the codes of dead letters, or none. */
import { DEAD_LETTER_CODES } from "@kith/contracts";
import { wrongWords } from "../command.ts";

export function readCode(code: string | undefined): string | undefined {
  if (code === undefined || Object.hasOwn(DEAD_LETTER_CODES, code)) return code;
  throw wrongWords(`no such code; the codes are ${Object.keys(DEAD_LETTER_CODES).join(", ")}`);
}
