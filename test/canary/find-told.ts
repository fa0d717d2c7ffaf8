/**
 * Looks for people in what Kith says: anything shaped like an email or an international phone, and other phones that
 * were sent. Numbers that a service measures are no phones, so only texts and names are looked at.
 */

/** A value that is where none may be, and the beginning of the line it is in. */
export type Told = { readonly value: string; readonly line: string };

const EMAIL = /[a-z0-9._%+'-]{1,64}(?:@|%40)(?:[a-z0-9-]{1,63}\.){1,9}(?:xn--[a-z0-9-]+|[a-z]{2,})(?![a-z0-9-])/gi;
/** Not within a word or a version. */
const INTERNATIONAL = /(?:(?<![\w+.-])\+|%2B)[1-9]\d{6,14}(?![\w.-]*\w)/gi;
const DIGITS = /(?<![\w.+-])\d{9,15}(?![\w-])/g;
/** Where a package lies has its name and version in it: `fastify@5.1.0-rc.next`. */
const PACKAGES = "node_modules/";
/** `pnpm start` says with these words what can be tried. */
const WORKED_EXAMPLE = `-d '{"email":"lorraine@hillvalley.edu","phoneNumber":"123456"}'`;
const LINE_CHARACTERS = 300;

/** What a log line, a problem document or what lies beside a dead letter tells: JSON on one line, or else just text. */
export function findTold(line: string, sentPhones: ReadonlySet<string>): Told[] {
  const texts = textsIn(line).map(withoutHarmless);
  const values = texts.flatMap((text) => [
    ...(text.match(EMAIL) ?? []),
    ...(text.match(INTERNATIONAL) ?? []),
    ...(text.match(DIGITS) ?? []).filter((digits) => sentPhones.has(digits) || sentPhones.has(`+${digits}`)),
  ]);
  return values.map((value) => ({ value, line: line.slice(0, LINE_CHARACTERS) }));
}

/** What a line of `/metrics` tells by its name and labels. */
export function findToldInMetric(line: string, sentPhones: ReadonlySet<string>): Told[] {
  return findTold(line.startsWith("#") ? line : line.slice(0, line.lastIndexOf(" ")), sentPhones);
}

function withoutHarmless(text: string): string {
  const words = text.replaceAll(WORKED_EXAMPLE, "").split(/\s/);
  return words.filter((word) => !word.includes(PACKAGES)).join(" ");
}

function textsIn(line: string): string[] {
  if (!line.startsWith("{")) return [line];
  const texts: string[] = [];
  const keepTexts = (name: string, value: unknown) => {
    texts.push(name);
    if (typeof value === "string") texts.push(value);
    return value;
  };
  try {
    JSON.parse(line, keepTexts);
    return texts;
  } catch {
    // Half a line of a service that was killed.
    return [line];
  }
}
