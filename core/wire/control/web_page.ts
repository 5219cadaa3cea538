/**
 * Requests that a web page makes.
 *
 * Whoever opens a page lets it run in a browser that may reach what nobody outside can: a daemon on the same machine, or in the
 * same network. Other origins are kept out by the browser; a page whose own name is made to resolve to the daemon's address
 * is not. But a browser says in every POST which page it is for, and no other program does.
 *
 * @module
 */

import type { HttpRequest } from "./listen.ts";

/** Why a request is not answered. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Why this one is not; `undefined` for a call of a program. */
export function refuseWebPage({ method, headers }: Pick<HttpRequest, "method" | "headers">): Refusal | undefined {
  const text = "Cannot answer a web page: this port is for programs\n";
  if (headers.origin !== undefined || headers["sec-fetch-site"] !== undefined) {
    return { status: 403, headers: {}, text };
  }
  if (method === "POST") return undefined;
  // Connect has calls by GET as well, in which a browser does not say for whom.
  return { status: 405, headers: { allow: "POST" }, text: "Cannot answer: a call is a POST\n" };
}
