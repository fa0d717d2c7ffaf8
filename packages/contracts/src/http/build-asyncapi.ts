/** The three topics as an AsyncAPI 3.0 document, and their records as JSON Schemas. */
import { z } from "zod";
import { AWAITED_HEADER } from "../cloud-events.ts";
import { DEAD_LETTER_CODES, DEAD_LETTER_HEADERS } from "../dead-letter-codes.ts";
import { identityResolvedRecord } from "../identity-resolved.ts";
import { orderIdentityRecord, TEXT_OCTETS_MAX } from "../order-identity.ts";
import { TOPIC_PARTITIONS, topicNames } from "../topics.ts";
import { type JsonSchema, tidy } from "./schema-components.ts";

const API_VERSION = "1.0.0";
const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** JSON Schemas of the records by the names of their files. Readers ignore fields they do not know. */
export function recordSchemas(): Readonly<Record<string, JsonSchema>> {
  return {
    "order.identity.v1": { $schema: DIALECT, title: "order.identity, version 1", ...orderIdentitySchema() },
    "identity.resolved.v1": {
      $schema: DIALECT,
      title: "identity.resolved, version 1",
      ...tidy(z.toJSONSchema(identityResolvedRecord, { io: "input" })),
    },
  };
}

/** The form of the record, with the lengths that have a dead-letter code of their own. Canonical forms are not in it. */
function orderIdentitySchema(): JsonSchema {
  const schema = tidy(z.toJSONSchema(orderIdentityRecord, { io: "input" })) as {
    properties: Record<string, Record<string, unknown>>;
  };
  for (const [name, octets] of Object.entries(TEXT_OCTETS_MAX))
    Object.assign(schema.properties[name] ?? {}, { maxLength: octets });
  Object.assign(schema.properties.eventId ?? {}, { minLength: 1 });
  Object.assign(schema.properties.seenAt ?? {}, { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
  return { ...schema, anyOf: [{ required: ["email"] }, { required: ["phone"] }] };
}

const text = (description: string) => ({ type: "string", description });
const cloudEvent = (type: string, id: string) => ({
  type: "object",
  properties: {
    ce_specversion: { type: "string", const: "1.0" },
    ce_id: text(id),
    ce_type: { type: "string", const: type },
    ce_source: text("Who wrote it."),
    ce_time: { type: "string", format: "date-time" },
    "content-type": { type: "string", const: "application/json" },
  },
});

function orderIdentityHeaders(): JsonSchema {
  const { properties, ...rest } = cloudEvent("order.identity.v1", "The eventId.");
  const added = {
    traceparent: text("W3C Trace Context."),
    [AWAITED_HEADER]: text("Somebody waits for the record to be applied, whatever the value."),
  };
  return { ...rest, properties: { ...properties, ...added }, description: "None is required." };
}

const kafka = (policy: string, retention: string) => ({
  kafka: {
    partitions: TOPIC_PARTITIONS,
    topicConfiguration: { "cleanup.policy": [policy] },
    "x-kept": retention,
    bindingVersion: "0.5.0",
  },
});

/** The document. Names are without `TOPIC_PREFIX`, which a deployment puts before them. */
export function asyncApiDocument(): Readonly<Record<string, unknown>> {
  const names = topicNames();
  const { "order.identity.v1": orderIdentity, "identity.resolved.v1": identityResolved } = recordSchemas();
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Kith",
      version: API_VERSION,
      description: "Observations in, identities out. A deployment puts its TOPIC_PREFIX before each address.",
      license: { name: "MIT" },
    },
    defaultContentType: "application/json",
    channels: {
      orderIdentity: channel(
        names.orderIdentity,
        "Observations. Anyone with write access may publish; what cannot be applied becomes a dead letter.",
        ["OrderIdentity"],
        kafka("delete", "30 days"),
      ),
      identityResolved: channel(
        names.identityResolved,
        "A full snapshot of an identity whenever it changes, or a redirect. Apply a record only if its version is greater than the one held; do not act on a redirect's target before it was seen.",
        ["IdentityResolved"],
        kafka("compact", "the newest record of each identity"),
      ),
      deadLetter: channel(
        names.deadLetter,
        "Records of order.identity that can never be applied, as they were.",
        ["DeadLetter"],
        kafka("delete", "90 days"),
      ),
    },
    operations: {
      publishObservation: operation("receive", "orderIdentity", "Kith reads observations."),
      publishIdentity: operation("send", "identityResolved", "Kith publishes identities."),
      publishDeadLetter: operation("send", "deadLetter", "Kith publishes what it cannot apply."),
    },
    components: {
      messages: {
        OrderIdentity: {
          name: "order.identity.v1",
          title: "One observation",
          headers: orderIdentityHeaders(),
          payload: withoutDialect(orderIdentity),
          bindings: {
            kafka: {
              key: text("The email, else the phone. Correctness does not depend on it."),
              bindingVersion: "0.5.0",
            },
          },
        },
        IdentityResolved: {
          name: "identity.resolved.v1",
          title: "An identity, or where it went",
          headers: cloudEvent("identity.resolved.v1", "identityId.version"),
          payload: withoutDialect(identityResolved),
          bindings: { kafka: { key: text("The identity's id."), bindingVersion: "0.5.0" } },
        },
        DeadLetter: {
          name: "order.identity.dead-letter",
          title: "A record that can never be applied",
          contentType: "application/octet-stream",
          headers: {
            type: "object",
            required: ["code", "reason", "topic", "partition", "offset"].map(
              (name) => DEAD_LETTER_HEADERS[name as "code"],
            ),
            properties: deadLetterHeaders(),
          },
          payload: { description: "The record's value, byte for byte; null stays null." },
          bindings: { kafka: { key: { description: "The record's key, byte for byte." }, bindingVersion: "0.5.0" } },
        },
      },
    },
  };
}

function channel(address: string, description: string, messages: readonly string[], bindings: object): object {
  const refs = messages.map((name) => [name, { $ref: `#/components/messages/${name}` }]);
  return { address, description, messages: Object.fromEntries(refs), bindings };
}

function operation(action: "send" | "receive", channelName: string, summary: string): object {
  return { action, channel: { $ref: `#/channels/${channelName}` }, summary };
}

function deadLetterHeaders(): Record<string, unknown> {
  const headers: Record<string, unknown> = {};
  for (const name of Object.values(DEAD_LETTER_HEADERS)) headers[name] = { type: "string" };
  const codes = Object.entries(DEAD_LETTER_CODES).map(([code, why]) => ({ const: code, description: why }));
  headers[DEAD_LETTER_HEADERS.code] = { type: "string", oneOf: codes };
  headers[DEAD_LETTER_HEADERS.reason] = text("Why, without any value.");
  return headers;
}

function withoutDialect(schema: JsonSchema | undefined): JsonSchema {
  const { $schema: _dialect, ...rest } = schema ?? {};
  return rest;
}
