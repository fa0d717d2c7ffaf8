/** The table of inputs against the running system: every row is a test that names its number. */
import { useSystem } from "@kith/testkit/system";
import { describe } from "vitest";
import { testDocumentedExamples } from "../contract/documented-examples.ts";
import { testAccepted } from "./accepted.ts";
import { BODY_REFUSALS } from "./body-refusals.ts";
import { testBulk } from "./bulk.ts";
import { testCanary } from "./canary.ts";
import { testDoors } from "./doors.ts";
import { beginSlowRequests, testFraming, testSlowRequests } from "./framing.ts";
import { testLogCases } from "./log-cases.ts";
import { testLogFaults } from "./log-faults.ts";
import { useMoreServices } from "./more-services.ts";
import { testRecords } from "./records.ts";
import { testRefusals } from "./refusals.ts";
import { ROUTE_REFUSALS } from "./route-refusals.ts";
import { IS_WHOLE_TABLE } from "./rows.ts";
import { VALUE_REFUSALS } from "./value-refusals.ts";

const world = useSystem();
const services = useMoreServices(world);
const slow = beginSlowRequests(world);

describe("refused over HTTP", () => {
  testRefusals(world, BODY_REFUSALS);
  testRefusals(world, VALUE_REFUSALS);
  testRefusals(world, ROUTE_REFUSALS);
});
describe("framing", () => testFraming(world));
describe("accepted over HTTP", () => testAccepted(world));
describe("examples in the documents", () => testDocumentedExamples(world, services));
describe("doors", () => testDoors(world, services));
describe("on the log", () => {
  const places = testRecords(world);
  testLogCases(world, places);
});
describe.runIf(IS_WHOLE_TABLE)("a log of its own", () => testLogFaults());
describe("in bulk", () => testBulk(world));
describe("slow", () => testSlowRequests(slow));
describe("afterwards", () => testCanary(world, services));
