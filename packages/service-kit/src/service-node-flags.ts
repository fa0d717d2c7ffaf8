/**
 * The Node flags the services are run with, and the replay of a rebuild. The Dockerfile has them as NODE_OPTIONS, and
 * `pnpm kith` in package.json.
 *
 * They keep a service below 256 MB under full load. The young generation is kept small, and the old one grows to one
 * and a half times what is alive before it is collected: V8 lets it grow to four times on a machine with much memory,
 * and to 1.3 times with a small limit, where collecting costs a third more processor time. Measured with `pnpm bench drain`.
 */
export const serviceNodeFlags: readonly string[] = ["--max-semi-space-size=8", "--max-old-space-size=900"];

/**
 * Each service sets this itself as it starts (`runService`), since NODE_OPTIONS does not take it.
 *
 * V8 guesses from where an object is made that it will live long, and then makes it in the old generation. Of requests
 * it guesses wrong in some runs and not in others: whatever such an object refers to is kept until the old generation is
 * collected, a fifth of all that is made. Measured with `pnpm bench http lookup`.
 */
export const noPretenuringFlag = "--no-allocation-site-pretenuring";
