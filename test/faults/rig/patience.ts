/**
 * How long the rig waits for what takes seconds: a machine that is short of time makes nothing wrong. Past this, whatever
 * is waited for is taken to be stuck for good.
 */
export const PATIENCE_MS = 300_000;
