/** The permissions that docs/security.md tells people to give, as KafkaJS takes them: so that the page is what is tested. */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import kafkajs, { type AclEntry } from "kafkajs";

const PAGE = new URL("../../../../docs/security.md", import.meta.url);
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

/** Every `kafka-acls.sh` line of the page. */
export async function readDocumentedAcls(): Promise<AclEntry[]> {
  const lines = (await readFile(PAGE, "utf8")).split("\n").filter((line) => line.startsWith("kafka-acls.sh --add "));
  return lines.flatMap((line) => parseLine(line.split(/\s+/).slice(1)));
}

function parseLine(args: string[]): AclEntry[] {
  const { values } = parseArgs({
    args,
    strict: true,
    options: {
      add: { type: "boolean" },
      "allow-principal": { type: "string" },
      operation: { type: "string", multiple: true, default: [] },
      topic: { type: "string", multiple: true, default: [] },
      group: { type: "string", multiple: true, default: [] },
      "resource-pattern-type": { type: "string", default: "literal" },
    },
  });
  const resources = [
    ...values.topic.map((resourceName) => ({ resourceType: AclResourceTypes.TOPIC, resourceName })),
    ...values.group.map((resourceName) => ({ resourceType: AclResourceTypes.GROUP, resourceName })),
  ];
  const isPrefixed = values["resource-pattern-type"] === "prefixed";
  return resources.flatMap((resource) =>
    values.operation.map((operation) => ({
      ...resource,
      resourcePatternType: isPrefixed ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
      principal: values["allow-principal"] ?? "",
      host: "*",
      operation: operationOf(operation),
      permissionType: AclPermissionTypes.ALLOW,
    })),
  );
}

function operationOf(name: string): kafkajs.AclOperationTypes {
  const known = {
    Read: "READ",
    Write: "WRITE",
    Create: "CREATE",
    Describe: "DESCRIBE",
    DescribeConfigs: "DESCRIBE_CONFIGS",
  };
  const key = known[name as keyof typeof known] as keyof typeof AclOperationTypes | undefined;
  if (key === undefined) throw new Error(`docs/security.md names an operation that this test does not know: ${name}`);
  return AclOperationTypes[key];
}
