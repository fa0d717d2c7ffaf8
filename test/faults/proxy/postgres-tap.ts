/**
 * Understands what a client of PostgreSQL asks (simple and extended protocol), so that a fault can strike at a statement:
 * before it reaches the server, after, or instead. A request is all the client sends before it waits for an answer.
 */
import type { Link } from "./link.ts";
import type { Tap } from "./tap.ts";

/** One request of a client, whole. */
export type PostgresRequest = {
  readonly link: Link;
  readonly bytes: Buffer;
  /** The texts of its statements, or names where they were prepared before. */
  readonly statements: readonly string[];
  /** Its place in its transaction, from 1. */
  readonly ordinal: number;
  readonly isInTransaction: boolean;
  readonly isCommit: boolean;
  /** No earlier request of the link waits for its answer. */
  readonly isAlone: boolean;
};

/** What becomes of a request: `answer` is sent to the client in its place. */
export type Verdict =
  | { readonly kind: "forward" }
  | { readonly kind: "answer"; readonly bytes: Buffer }
  | { readonly kind: "drop" };

/** Asked about each request; undefined lets it pass. */
export type RequestHook = (request: PostgresRequest) => Verdict | undefined;

const SSL_REQUEST = 80_877_103;
const READY_FOR_QUERY = 0x5a;

/** `hook` answers who is to be asked at present. */
export function createPostgresTap(link: Link, hook: () => RequestHook | undefined): Tap {
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  /** Bytes of the message that is being received: below it there is nothing to look at. */
  let neededBytes = 0;
  let hasStarted = false;
  const request: { pieces: Buffer[]; statements: string[] } = { pieces: [], statements: [] };
  const prepared = new Map<string, string>();
  const portals = new Map<string, string>();
  const answers = createAnswerReader();
  let asked = 0;
  let ordinal = 0;

  function readMessages(): Buffer[] {
    let data = waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting, waitingBytes);
    const out: Buffer[] = [];
    for (;;) {
      const headBytes = hasStarted ? 5 : 4;
      if (data.length < headBytes) break;
      const length = data.readInt32BE(headBytes - 4) + (headBytes - 4);
      neededBytes = length;
      if (data.length < length) break;
      neededBytes = 0;
      const message = data.subarray(0, length);
      data = data.subarray(length);
      if (!hasStarted) {
        hasStarted = message.readInt32BE(4) !== SSL_REQUEST;
        out.push(message);
      } else out.push(...take(message));
    }
    waiting = data.length === 0 ? [] : [data];
    waitingBytes = data.length;
    return out;
  }

  function take(message: Buffer): Buffer[] {
    const type = String.fromCharCode(message[0]!);
    // A flush asks for what is there already, without an end of the request.
    if (type === "H") return [...request.pieces.splice(0), message];
    if (!"QPBDECSF".includes(type)) return [message];
    request.pieces.push(message);
    if (type === "Q") request.statements.push(cString(message, 5).text);
    if (type === "P") {
      const name = cString(message, 5);
      prepared.set(name.text, name.text === "" ? cString(message, name.end).text : name.text);
    }
    if (type === "B") {
      const portal = cString(message, 5);
      portals.set(portal.text, prepared.get(cString(message, portal.end).text) ?? "");
    }
    if (type === "E") request.statements.push(portals.get(cString(message, 5).text) ?? "");
    return type === "Q" || type === "S" ? settle() : [];
  }

  function settle(): Buffer[] {
    const { pieces, statements } = request;
    const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    request.pieces = [];
    request.statements = [];
    const isInTransaction = answers.status() === "T" || answers.status() === "E";
    ordinal = isInTransaction ? ordinal + 1 : 1;
    const verdict = hook()?.({
      link,
      bytes,
      statements,
      ordinal,
      isInTransaction,
      isCommit: statements.some((text) => /(^|;)\s*commit\s*;?\s*$/i.test(text)),
      isAlone: asked === answers.count(),
    });
    if (verdict === undefined || verdict.kind === "forward") {
      asked += 1;
      return [bytes];
    }
    if (verdict.kind === "answer") link.sendToClient(verdict.bytes);
    return [];
  }

  return {
    toServer(chunk) {
      waiting.push(chunk);
      waitingBytes += chunk.length;
      return waitingBytes < neededBytes ? [] : readMessages();
    },
    toClient(chunk) {
      const before = answers.count();
      answers.read(chunk);
      // The answer to the password is no answer to a request.
      if (before === 0 && asked === 0) answers.forget();
      return [chunk];
    },
  };
}

/** Counts the server's "ready for query" and keeps the transaction status it told. */
function createAnswerReader() {
  let head = Buffer.alloc(0);
  let bodyLeft = 0;
  let count = 0;
  let status = "I";
  let isStatusNext = false;
  return {
    count: () => count,
    status: () => status,
    forget() {
      count = 0;
    },
    read(chunk: Buffer) {
      let at = 0;
      while (at < chunk.length) {
        if (isStatusNext) {
          status = String.fromCharCode(chunk[at]!);
          isStatusNext = false;
          count += 1;
        }
        if (bodyLeft > 0) {
          const step = Math.min(bodyLeft, chunk.length - at);
          bodyLeft -= step;
          at += step;
          continue;
        }
        const step = Math.min(5 - head.length, chunk.length - at);
        head = Buffer.concat([head, chunk.subarray(at, at + step)]);
        at += step;
        if (head.length < 5) return;
        bodyLeft = head.readInt32BE(1) - 4;
        isStatusNext = head[0] === READY_FOR_QUERY;
        head = Buffer.alloc(0);
      }
    },
  };
}

/** What PostgreSQL answers to a request that fails. */
export function errorAnswer(sqlState: string, isInTransaction: boolean): Buffer {
  const fields = ["SERROR", "VERROR", `C${sqlState}`, "Minjected"].map((field) => `${field}\0`).join("");
  const body = Buffer.from(`${fields}\0`, "latin1");
  const head = Buffer.alloc(5);
  head.write("E", 0, "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([
    head,
    body,
    Buffer.from(["Z".charCodeAt(0), 0, 0, 0, 5, (isInTransaction ? "E" : "I").charCodeAt(0)]),
  ]);
}

function cString(bytes: Buffer, from: number): { text: string; end: number } {
  const end = bytes.indexOf(0, from);
  return { text: bytes.toString("utf8", from, Math.min(end, from + 4_000)), end: end + 1 };
}
