/**
 * The Node flags the services are run with, and the replay of a rebuild. The Dockerfile has them as NODE_OPTIONS, and
 * `pnpm kith` in package.json.
 *
 * They keep a service below 256 MB under full load. The young generation is kept small, and the old one grows to one
 * and a half times what is alive before it is collected: V8 lets it grow to four times on a machine with much memory,
 * and to 1.3 times with a small limit, where collecting costs a third more processor time. Measured with `pnpm bench drain`.
 */
export const serviceNodeFlags: readonly string[] = ["--max-semi-space-size=8", "--max-old-space-size=900"];
