/**
 * The import rules of the house (`pnpm check:imports`): imports run services → packages → contracts, identifiers, and
 * each vendor has one place. Type-only imports count, too: they are dependencies of the reader.
 *
 * Files are parsed by swc, because TypeScript 7 has no compiler API that dependency-cruiser could use.
 */

/** Tests, and what only tests of the same package share. */
const TESTS = "\\.(unit|int|e2e|canary)\\.test\\.ts$|/testing/";
/** Code that only ever runs on a developer's machine or in CI. */
const DEVELOPMENT = "^(packages/(devstack|testkit)/|packages/database/src/generate-types\\.ts$)";

/** The bench measures the bare libraries there, to say how near to them we come. */
const LIMITS = "^bench/limits/";

/** Matches a vendor's module whether or not it could be resolved from where it is imported. */
const vendor = (...names) => `(^|/node_modules/)(${names.join("|")})(/|$)`;

/** @type {import("dependency-cruiser").IForbiddenRuleType[]} */
const layers = [
  {
    name: "no-service-imports-another",
    comment: "Services talk through Kafka, Postgres and HTTP. What two of them need belongs in a package.",
    severity: "error",
    from: { path: "^services/([^/]+)/" },
    to: { path: "^services/", pathNot: "^services/$1/" },
  },
  {
    name: "nothing-imports-a-service",
    comment: "Imports run services → packages; tests, bench and examples start services as processes.",
    severity: "error",
    from: { pathNot: "^services/" },
    to: { path: "^services/" },
  },
  {
    name: "contracts-and-identifiers-import-nothing-of-ours",
    comment: "They are the bottom of the house: anybody may depend on them without getting anything else.",
    severity: "error",
    from: { path: "^packages/(contracts|identifiers)/" },
    to: { path: "^(packages|services|migrations|bench|examples|test)/", pathNot: "^packages/$1/" },
  },
  {
    name: "building-blocks-stand-alone",
    comment: "packages/kafka, database and service-kit know contracts and identifiers, not each other.",
    severity: "error",
    from: { path: "^packages/(kafka|database|service-kit)/", pathNot: [TESTS, DEVELOPMENT] },
    to: { path: "^packages/", pathNot: "^packages/(contracts|identifiers|$1)/" },
  },
  {
    name: "no-production-code-imports-the-test-stack",
    comment: "packages/testkit and devstack start servers and drop databases: for tests and `pnpm start` only.",
    severity: "error",
    from: { path: "^(services|packages|examples|migrations)/", pathNot: [TESTS, DEVELOPMENT] },
    to: { path: "^packages/(testkit|devstack)/" },
  },
  {
    name: "no-production-code-imports-test-support",
    comment: "What is in a folder named testing is for the tests beside it.",
    severity: "error",
    from: { pathNot: [TESTS, DEVELOPMENT] },
    to: { path: "/testing/" },
  },
  {
    name: "no-import-past-a-package-index",
    comment: "Across a border by the package's name, never by a path into its files.",
    severity: "error",
    from: { path: "^((?:services|packages|examples)/[^/]+|migrations|bench|test)/" },
    to: {
      path: "^(services|packages|examples|migrations|bench|test)/",
      pathNot: "^$1/",
      dependencyTypes: ["local"],
    },
  },
  {
    name: "no-circular-imports",
    comment: "A newcomer reads in one direction.",
    severity: "error",
    from: {},
    to: { circular: true },
  },
];

/** @type {import("dependency-cruiser").IForbiddenRuleType[]} */
const vendors = [
  {
    name: "kafkajs-only-in-packages-kafka",
    comment: "So that another client is a swap of one package.",
    severity: "error",
    from: { pathNot: ["^packages/kafka/", LIMITS] },
    to: { path: vendor("kafkajs", "kafkajs-snappy", "lz4-napi") },
  },
  {
    name: "pg-only-in-packages-database",
    comment: "Connections, SQLSTATEs and statement names are one package's business.",
    severity: "error",
    from: { pathNot: ["^packages/database/", LIMITS] },
    to: { path: vendor("pg", "pg-[a-z-]+", "@types/pg") },
  },
  {
    name: "fastify-only-at-the-edge",
    comment:
      "app.ts, plugins/ and routes/ of a service, and packages/service-kit. What is inside knows no HTTP framework.",
    severity: "error",
    from: {
      pathNot: ["^packages/service-kit/", LIMITS, TESTS, "^services/[^/]+/src/(app\\.ts$|plugins/|routes/)"],
    },
    to: { path: vendor("fastify", "@fastify/[a-z-]+") },
  },
  {
    name: "migrations-import-only-kysely",
    comment: "A migration must mean the same for ever, whatever becomes of our code.",
    severity: "error",
    from: { path: "^migrations/" },
    to: { pathNot: vendor("kysely") },
  },
];

/** @type {import("dependency-cruiser").IForbiddenRuleType[]} */
const manifests = [
  {
    name: "no-unresolvable-import",
    comment: "A module that is not there, or not declared in the package.json beside the importer.",
    severity: "error",
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: "no-undeclared-dependency",
    comment: "Every package declares what it imports; the image installs by these declarations.",
    severity: "error",
    from: { pathNot: TESTS },
    to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
  },
  {
    name: "no-production-code-imports-a-development-dependency",
    comment: "The image has production dependencies only.",
    severity: "error",
    from: { path: "^(services|packages)/[^/]+/src/", pathNot: [TESTS, DEVELOPMENT] },
    to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"], pathNot: "^packages/" },
  },
];

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [...layers, ...vendors, ...manifests],
  options: {
    parser: "swc",
    doNotFollow: { path: "(^|/)node_modules/" },
    exclude: { path: "\\.kith/" },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default"],
      mainFields: ["module", "main"],
      extensions: [".ts", ".js", ".mjs", ".cjs", ".json", ".d.ts"],
    },
    skipAnalysisNotInRules: true,
  },
};
