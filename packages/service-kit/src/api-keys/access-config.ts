/**
 * The variables that say who gets in: `API_KEYS_FILE`, `ALLOW_OPEN`, and the limits of each key. Without keys a service
 * is open, and therefore stays on loopback unless it is told that something else guards it.
 */
import { BlockList, isIP } from "node:net";
import { z } from "zod";
import { ConfigError } from "../load-config.ts";
import { QUOTA_MAX } from "./keys-file.ts";

/** `API_KEYS_FILE` and `ALLOW_OPEN`; part of `httpEnv`. */
export const accessEnv = {
  API_KEYS_FILE: z.string().max(4_096).optional().describe("the path of a file made by `kith keys create`"),
  ALLOW_OPEN: z
    .enum(["true", "false"])
    .transform((value) => value === "true")
    .default(false)
    .describe("true or false"),
};

function quotaEnv(perSecondDefault: number) {
  return z
    .union([
      z.literal("none").transform(() => null),
      z
        .string()
        .regex(/^[1-9][0-9]{0,6}$/)
        .transform(Number),
    ])
    .refine((value) => value === null || value <= QUOTA_MAX)
    .default(perSecondDefault)
    .describe(`a number between 1 and ${QUOTA_MAX}, or none`);
}

/** What each key may do in a second, unless the key has limits of its own. They count only while there are keys. */
export const keyQuotaEnv = {
  KEY_ORDERS_PER_SECOND: quotaEnv(10_000),
  KEY_LOOKUPS_PER_SECOND: quotaEnv(1_000),
};

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Throws a ConfigError where the service would answer anybody who reaches this machine. */
export function refuseOpenListening(config: {
  readonly HOST: string;
  readonly API_KEYS_FILE?: string | undefined;
  readonly ALLOW_OPEN: boolean;
}): void {
  if (config.API_KEYS_FILE !== undefined || config.ALLOW_OPEN || isLoopback(config.HOST)) return;
  throw new ConfigError(
    "The configuration cannot be used:\n" +
      `  HOST is ${config.HOST}, which others can reach, and API_KEYS_FILE is not set: anybody could send orders and look people up.\n` +
      "  Make keys with `kith keys create` and set API_KEYS_FILE; or, if something in front of the service decides who\n" +
      "  reaches it, set ALLOW_OPEN=true.",
  );
}

function isLoopback(host: string): boolean {
  const version = isIP(host);
  // Another name may mean another address tomorrow.
  if (version === 0) return host === "localhost";
  return loopback.check(host, version === 4 ? "ipv4" : "ipv6");
}
