/** The routes that every service has. */
import { z } from "zod";
import { healthAnswer } from "./answer-bodies.ts";
import { keyExamples, type Operation } from "./operation.ts";

const JSON_BODY = "application/json";

function health(path: string, operationId: string, summary: string, description: string): Operation {
  return {
    method: "get",
    path,
    operationId,
    summary,
    description,
    scopes: [],
    parameters: [],
    answers: {
      200: { description: "All checks pass.", content: { [JSON_BODY]: healthAnswer } },
      503: { description: "One does not.", content: { [JSON_BODY]: healthAnswer } },
    },
    problems: [],
    examples: [{ summary, status: 200 }],
  };
}

export const OPERATIONAL_OPERATIONS: readonly Operation[] = [
  health("/livez", "isLive", "Can the process still do its work?", "If not, it should be restarted."),
  health("/readyz", "isReady", "Can the process do its work now?", "If not, it should get no requests for a while."),
  {
    method: "get",
    path: "/metrics",
    operationId: "metrics",
    summary: "Metrics in Prometheus' text format",
    description: "No label has a value that anybody sent.",
    scopes: ["admin"],
    parameters: [],
    answers: { 200: { description: "All metrics.", content: { "text/plain": z.string() } } },
    problems: [],
    examples: [{ summary: "Now", status: 200 }, ...keyExamples("readKey")],
  },
  {
    method: "get",
    path: "/openapi.json",
    operationId: "openApi",
    summary: "This document",
    description: "OpenAPI 3.1.",
    scopes: [],
    parameters: [],
    answers: {
      200: { description: "The document.", content: { [JSON_BODY]: z.looseObject({ openapi: z.string() }) } },
    },
    problems: [],
    examples: [{ summary: "The document", status: 200 }],
  },
  {
    method: "get",
    path: "/docs",
    operationId: "docs",
    summary: "This document, to read",
    description: "One page of HTML that asks nobody for anything.",
    scopes: [],
    parameters: [],
    answers: { 200: { description: "The page.", content: { "text/html": z.string() } } },
    problems: [],
    examples: [{ summary: "The page", status: 200 }],
  },
];
