/** The outcomes of a step. Nothing is thrown for what is expected. */
import type { DeadLetterCode } from "@kith/contracts";

export type StepResult<T> =
  | { readonly kind: "ok"; readonly value: T }
  /** `reason` names the field and the rule, never a value. */
  | { readonly kind: "dead-letter"; readonly code: DeadLetterCode; readonly reason: string };
