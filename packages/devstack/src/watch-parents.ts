/**
 * Notices that whoever started us is gone. Nobody tells a process that its parent died, and `npx pnpm start` is a chain
 * of four: a killed npx leaves pnpm, and so us, running. So every link up to the topmost package manager is watched;
 * what lies above it, a terminal or a script, may end without us.
 */
import { basename } from "node:path";
import { readProcess } from "./running-process.ts";

// Reading /proc costs microseconds; elsewhere a `ps` is started for each link.
const POLL_MS = process.platform === "linux" ? 500 : 2_000;
const CHAIN_MAX = 12;

type Link = { readonly child: number; readonly parent: number };

/** Calls `onGone` once when the parent, or a package manager above it, has ended. Returns a function that ends the watch. */
export async function watchParents(onGone: () => void): Promise<() => void> {
  const links = await findLinks();
  const timer = setInterval(async () => {
    const states = await Promise.all(links.map(isIntact));
    if (states.every(Boolean)) return;
    clearInterval(timer);
    onGone();
  }, POLL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

async function findLinks(): Promise<readonly Link[]> {
  const links: Link[] = [{ child: process.pid, parent: process.ppid }];
  let topmost = 1;
  for (let pid = process.ppid; pid > 1 && links.length < CHAIN_MAX; ) {
    const found = await readProcess(pid);
    if (found === undefined) break;
    if (isPackageManager(found.command)) topmost = links.length;
    links.push({ child: pid, parent: found.parentPid });
    pid = found.parentPid;
  }
  return links.slice(0, topmost);
}

async function isIntact({ child, parent }: Link): Promise<boolean> {
  if (child === process.pid) return process.ppid === parent;
  return (await readProcess(child))?.parentPid === parent;
}

/** "npm exec pnpm@12 start", "pnpm start", "node /usr/lib/node_modules/npm/bin/npx-cli.js …". */
export function isPackageManager(command: string): boolean {
  const [program = "", script = ""] = command.split(" ");
  const name = /^node(js)?$/.test(basename(program)) ? basename(script) : basename(program);
  return /^(npm|npx|pnpm|pnpx|yarn|corepack)\b/.test(name);
}
