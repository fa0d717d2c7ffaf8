/**
 * The mistakes that must not go unnoticed: each is a change of a few characters that makes Kith wrong in a way that is
 * hard to see. They exist only here, as texts, and are applied to a copy of the repository.
 */

/** `from` must occur exactly once in `file`. */
export type Patch = { readonly file: string; readonly from: string; readonly to: string };

export type Mutant = {
  readonly name: string;
  /** What goes wrong with it. */
  readonly harm: string;
  readonly patches: readonly Patch[];
  readonly project: "unit" | "int";
  /** The test files that should catch it. */
  readonly tests: readonly string[];
  /** The faults under which a run of the whole system sees it, or why none does. */
  readonly faults: FaultRun | string;
};

/** What `pnpm faults` is to be told. */
export type FaultRun = {
  readonly classes: string;
  readonly seed: number;
  readonly minutes: number;
  /** Ends it sooner. */
  readonly faults: number;
};

const RECONCILE = "services/reconciler/src/reconcile";
const RELAY = "services/reconciler/src/relay";

export const MUTANTS: readonly Mutant[] = [
  {
    name: "no root lock",
    harm: "an identifier is attached to an identity that is merged away at the same time: a lost merge",
    patches: [
      { file: `${RECONCILE}/sql/lock-identities.ts`, from: "order by id for no key update", to: "order by id" },
    ],
    project: "int",
    tests: [`${RECONCILE}/interleavings.int.test.ts`],
    faults: { classes: "F8,F11,F14", seed: 1, minutes: 2, faults: 18 },
  },
  {
    name: "no version re-read",
    harm: "the size, version and age of an identity are written from what they were before another batch",
    patches: [
      {
        file: `${RECONCILE}/read-into.ts`,
        from: "if (row.version === state.identities.get(row.id)!.version) continue;",
        to: "if (row.version > 0) continue;",
      },
    ],
    project: "int",
    tests: [`${RECONCILE}/interleavings.int.test.ts`],
    faults: { classes: "F8,F11,F14", seed: 2, minutes: 2, faults: 18 },
  },
  {
    name: "unsorted locks",
    harm: "two batches wait for each other: a deadlock",
    patches: [
      { file: `${RECONCILE}/sql/lock-identities.ts`, from: "order by id for", to: "order by random() for" },
      {
        file: `${RECONCILE}/sql/insert-identifiers.ts`,
        from: 'order by q.kind, q.value collate "C"',
        to: "order by random()",
      },
    ],
    project: "int",
    tests: [`${RECONCILE}/reconcile-batch.int.test.ts`],
    faults: "a deadlock is a retriable failure: the batch is repeated, and the graph is right, only later",
  },
  {
    name: "offsets committed outside the transaction",
    harm: "a batch that fails after its offsets were committed is never seen again: lost orders",
    patches: [
      {
        file: `${RECONCILE}/reconcile-batch.ts`,
        from: "const changing = residual.filter(isNew);",
        to: 'await advanceOffsets(db, { topicId, channel, advances });\n  await db.executeQuery(CompiledQuery.raw("commit; begin"));\n  const changing = residual.filter(isNew);',
      },
      {
        file: `${RECONCILE}/reconcile-batch.ts`,
        from: 'query: advanceOffsets.query({ topicId, channel, advances }),\n    assert: (rows) => assertRows("offsets", advances.length, rows.length),',
        to: 'query: CompiledQuery.raw("select 1"),',
      },
    ],
    project: "int",
    tests: [`${RECONCILE}/random-writers.int.test.ts`],
    faults: { classes: "F1,F8,F9", seed: 1, minutes: 1, faults: 6 },
  },
  {
    name: "a relay that goes by sequence",
    harm: "a change that commits late is passed over: subscribers never hear of it",
    patches: [
      {
        file: `${RELAY}/sql/begin-window.ts`,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a template, to be found as it is
        from: "not pg_visible_in_snapshot(xid, '${cursor}')",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: as above
        to: "xid >= pg_snapshot_xmax('${cursor}')",
      },
    ],
    project: "int",
    tests: [`${RELAY}/relay-outbox.int.test.ts`],
    faults: { classes: "F8,F11", seed: 1, minutes: 1, faults: 8 },
  },
  {
    name: "dead letters for retriable failures",
    harm: "a database that is away for a minute turns good orders into dead letters",
    patches: [
      {
        file: "packages/database/src/sql-states.ts",
        from: 'return isRetriable ? "retriable" : "suspect";',
        to: 'return isRetriable && code === "" ? "retriable" : "suspect";',
      },
    ],
    project: "unit",
    tests: ["services/reconciler/src/settle.unit.test.ts"],
    faults:
      "a failure that passes is over before a record has failed three times alone; one that stays fails an ordinary order in its place, too, and stops the writer: no dead letter comes of either",
  },
  {
    name: "the last one wins instead of the oldest",
    harm: "the primary depends on the order of arrival",
    patches: [
      {
        file: `${RECONCILE}/plan.ts`,
        from: "return isOlderThan(observation, held);",
        to: "return !isOlderThan(observation, held);",
      },
      {
        file: `${RECONCILE}/plan.ts`,
        from: "return known === undefined || isOlder(observation, known);",
        to: "return known === undefined || !isOlder(observation, known);",
      },
    ],
    project: "unit",
    tests: [`${RECONCILE}/plan.unit.test.ts`],
    faults: { classes: "F17,F18", seed: 1, minutes: 1, faults: 4 },
  },
  {
    name: "a relay without versions",
    harm: "a subscriber cannot tell a repeat from news and goes back in time",
    patches: [
      {
        file: `${RELAY}/build-identity-record.ts`,
        from: "const { identityId, version, mergedInto } = snapshot;",
        to: "const { identityId, mergedInto } = snapshot;\n  const version = 1;",
      },
    ],
    project: "int",
    tests: [`${RELAY}/relay-outbox.int.test.ts`],
    faults: { classes: "F3,F8", seed: 1, minutes: 1, faults: 4 },
  },
];
