/**
 * One request of HTTP/1 and the answer to it, as much of it as `GET /metrics` and `HEAD /metrics` need. Pure.
 *
 * @module
 */

import { isOperator } from "../jobs/may_cancel.ts";

/** What is answered. */
export interface HttpAnswer {
  readonly status: 200 | 400 | 403 | 404 | 405 | 408 | 431 | 503;
  /** What the status means here; with 200 the caller has the body. */
  readonly text: string;
}

/** The only path that there is. */
const PATH = "/metrics";

const PHRASES: Readonly<Record<HttpAnswer["status"], string>> = {
  200: "OK",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
  503: "Service Unavailable",
};

/**
 * Looks at the head of a request, up to its empty line.
 *
 * @param isLoopback whether only this machine can ask. Then the name that was asked for has to be one of this machine: otherwise a
 *   web page could have its own name point here and read the answer in a browser that runs here.
 */
export function judgeRequest(head: string, isLoopback: boolean): HttpAnswer {
  const [first = "", ...lines] = head.split("\r\n");
  const [, method, target, minor] = /^([A-Z]+) (\S+) HTTP\/1\.([01])$/.exec(first) ?? [];
  const hosts = lines.flatMap((line) => /^host:[ \t]*(.*?)[ \t]*$/i.exec(line)?.slice(1) ?? []);
  if (method === undefined || hosts.length > 1 || (hosts.length === 0 && minor === "1")) return fail(400);
  if (isLoopback && hosts.some((host) => !isThisMachine(host))) return fail(403);
  if (target.split("?", 1)[0] !== PATH) return fail(404);
  return method === "GET" || method === "HEAD" ? { status: 200, text: "" } : fail(405);
}

/** A status that says no more than its name. */
export function fail(status: Exclude<HttpAnswer["status"], 200>): HttpAnswer {
  return { status, text: `${PHRASES[status]}\n` };
}

/** Whether this asks for the head of an answer only. */
export function isHeadRequest(head: string): boolean {
  return head.startsWith("HEAD ");
}

/**
 * The bytes of an answer. The connection ends with it.
 *
 * @param withBody `false` for HEAD: the length of the body is told all the same
 */
export function formatAnswer(
  { status, text }: HttpAnswer,
  { contentType = "text/plain; charset=utf-8", withBody = true }: { contentType?: string; withBody?: boolean } = {},
): Uint8Array {
  const body = new TextEncoder().encode(text);
  const head = [
    `HTTP/1.1 ${status} ${PHRASES[status]}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${body.length}`,
    "Cache-Control: no-store",
    "X-Content-Type-Options: nosniff",
    ...status === 405 ? ["Allow: GET, HEAD"] : [],
    "Connection: close",
  ];
  const start = new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n`);
  if (!withBody) return start;
  const bytes = new Uint8Array(start.length + body.length);
  bytes.set(start);
  bytes.set(body, start.length);
  return bytes;
}

/** Whether a Host header names this machine by an address or name of its own, with any port. */
function isThisMachine(host: string): boolean {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/i.exec(host) ?? [];
  return plain?.toLowerCase() === "localhost" || isOperator(bracketed ?? plain ?? "");
}
