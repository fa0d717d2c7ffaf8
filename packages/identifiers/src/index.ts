/** Canonical emails and phones, and the placeholders that are neither. Pure; imports nothing of ours. */
export { isBuiltInJunk } from "./built-in-junk.ts";
export type { Canonical, EmailCanonical, PhoneCanonical, RefusalReason } from "./canonical.ts";
export { isCanonicalEmail } from "./canonical-email.ts";
export { isCanonicalPhone } from "./canonical-phone.ts";
export { type Canonicalizer, type CanonicalizerOptions, createCanonicalizer } from "./canonicalizer.ts";
export { type JunkList, JunkListError } from "./junk-list.ts";
export { NORM_VERSION } from "./norm-version.ts";
export { isPhoneRegion } from "./numbering-plans.ts";
export { readJunkFile } from "./read-junk-file.ts";
