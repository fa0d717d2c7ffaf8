/**
 * `pnpm demo`: posts the worked examples to a running stack, subscribes to `identity.resolved`, and shows both sides as
 * they happen. Ends by itself when the subscriber has seen what the read side answers.
 */
import {
  createKithClient,
  type IdentifierInput,
  type KithClient,
  KithProblem,
  KithUnreachable,
  UnexpectedAnswer,
} from "@kith/client";
import type { IdentityBody, IdentityResolvedRecord } from "@kith/contracts";
import { findStack, type Stack } from "./find-stack.ts";
import { createTwoColumns, type TwoColumns } from "./two-columns.ts";
import { type WatchIdentities, watchIdentities } from "./watch-identities.ts";
import { IDENTIFIERS, PEOPLE, SCENES } from "./worked-examples.ts";

const CATCH_UP_MS = 30_000;
const NO_STACK =
  "No stack is running. Start one in another terminal with\n\n  npx -y pnpm@12 start\n\n" +
  "or name one: KITH_INGRESS_URL, KITH_QUERY_URL, KAFKA_BROKERS and, if it has them, TOPIC_PREFIX and KITH_API_KEY.\n";

/** The demo cannot go on; the message is for the user. */
class DemoFailure extends Error {}

async function demo(stack: Stack): Promise<void> {
  const kith = createKithClient(stack);
  await kith.progress();
  const columns = createTwoColumns({ write: (line) => console.log(line), width: process.stdout.columns });
  columns.across(`Orders go to ${stack.ingressUrl}, a subscriber reads ${stack.topicPrefix}identity.resolved.`);
  columns.across("");
  const watch = await watchIdentities({
    stack,
    identifiers: IDENTIFIERS,
    onRecord: (record) => columns.right(...describeRecord(record)),
  });
  try {
    const known = await identitiesOf(kith);
    if (known.length > 0) await sayWhatIsKnown(known, watch, columns);
    columns.headings("POSTED TO THE INGRESS, AND ITS ANSWER", "READ FROM identity.resolved");
    watch.goLive();
    for (const scene of SCENES) {
      columns.across("");
      columns.across(`── ${scene.caption}`);
      for (const order of scene.orders) await post(kith, order, columns);
      await catchUp(kith, watch);
    }
    await sayWhatBecameOfTheOthers(kith, watch, columns);
  } finally {
    await watch.stop();
  }
}

/** On a database that has seen the examples before, orders change nothing: what there is was published then. */
async function sayWhatIsKnown(
  known: readonly IdentityBody[],
  watch: WatchIdentities,
  columns: TwoColumns,
): Promise<void> {
  const what = known.length < PEOPLE.length ? "some of the examples" : "the examples";
  columns.across(`This database knows ${what} already. An order that brings nothing new writes nothing, so no record`);
  columns.across("follows from it. The first records on the right are the newest ones that were published before.");
  columns.across("");
  await untilHeld(watch, known);
}

async function post(kith: KithClient, order: IdentifierInput, columns: TwoColumns): Promise<void> {
  columns.left(`POST /api/identify ${JSON.stringify(order)}`);
  const answer = await kith.identify(order);
  if (answer.kind === "resolved") {
    columns.left(`200 ${JSON.stringify(answer.contact)}`);
    return;
  }
  columns.left(`202 the order is in the log; receipt ${answer.receipt}`);
  const { status } = await kith.receipt(answer.receipt, { waitMs: CATCH_UP_MS });
  columns.left(`the receipt says: ${status}`);
  if (status !== "applied") throw new DemoFailure("The order is safe in the log, but no reconciler has applied it.");
}

/** Waits until the subscriber holds what the read side answers. */
async function catchUp(kith: KithClient, watch: WatchIdentities): Promise<void> {
  await untilHeld(watch, await identitiesOf(kith));
}

async function untilHeld(watch: WatchIdentities, identities: readonly IdentityBody[]): Promise<void> {
  const isHeld = ({ identityId, version }: IdentityBody) => (watch.table.held(identityId)?.version ?? 0) >= version;
  if (await watch.until(() => identities.every(isHeld), CATCH_UP_MS)) return;
  throw new DemoFailure("The subscriber has not seen what the read side answers: is a reconciler's relay running?");
}

/** The identities of the demo's people that the read side knows. */
async function identitiesOf(kith: KithClient): Promise<IdentityBody[]> {
  const found: IdentityBody[] = [];
  for (const person of PEOPLE) {
    try {
      const result = await kith.lookup(person);
      if (result.kind === "found") found.push(result.identity);
    } catch (error) {
      if (!(error instanceof KithProblem && error.code === "unknown-contact")) throw error;
    }
  }
  return found;
}

/** Old ids go on working: a secondary's contact id by HTTP, an absorbed identity's id in the subscriber's table. */
async function sayWhatBecameOfTheOthers(kith: KithClient, watch: WatchIdentities, columns: TwoColumns): Promise<void> {
  columns.across("");
  columns.across("── Every id that was ever given out still leads to the person.");
  const george = await kith.lookup({ email: "george@hillvalley.edu" });
  if (george.kind !== "found") return;
  for (const id of george.contact.secondaryContactIds.slice(0, 1)) {
    columns.left(`GET /v1/contacts/${id}`);
    columns.left(`200 ${JSON.stringify((await kith.contact(id)).contact)}`);
  }
  const survivor = watch.table.held(george.identity.identityId);
  const absorbed = survivor?.status === "active" ? survivor.mergedFrom : [];
  await watch.until(() => absorbed.every((id) => watch.table.held(id)?.status === "merged"), CATCH_UP_MS);
  for (const id of absorbed.slice(0, 1)) {
    const living = watch.table.living(id);
    columns.right(`the table's answer for identity ${id}: identity ${living?.identityId ?? "unknown"}`);
  }
  const { applied, repeat, stale } = watch.table.counts();
  columns.across("");
  columns.across(
    `Done. The subscriber holds what the read side answers. Records applied ${applied}, repeated ${repeat}, stale ${stale}.`,
  );
}

function describeRecord(record: IdentityResolvedRecord): string[] {
  const head = `identity ${record.identityId} version ${record.version}`;
  if (record.status === "merged") return [`${head}: merged into ${record.into}`];
  const mergedFrom = record.mergedFrom.length === 0 ? "" : `, merged from ${record.mergedFrom.slice(0, 5).join(", ")}`;
  return [`${head}: active, ${record.size} identifiers${mergedFrom}`, `    ${JSON.stringify(record.contact)}`];
}

function explain(error: unknown): string {
  if (error instanceof DemoFailure || error instanceof KithProblem) return error.message;
  if (error instanceof KithUnreachable || error instanceof UnexpectedAnswer) return `${error.message}.\n${NO_STACK}`;
  throw error;
}

// Whoever read our output has seen enough: `pnpm demo | head`.
process.stdout.on("error", () => process.exit());

const stack = await findStack(process.env);
try {
  if (stack === undefined) throw new DemoFailure(NO_STACK);
  await demo(stack);
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
