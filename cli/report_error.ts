/**
 * How an error that ends a run reaches the person at the terminal.
 *
 * @module
 */

import type { BlitError } from "../core/errors.ts";
import { cleanText } from "../core/paths/bytes.ts";
import { PROGRAM } from "./table/mod.ts";

/**
 * `blit: what failed: why`, then what to do about it, then with `verbose` where it happened. A defect of Blit itself
 * says so.
 */
export function describeError(error: BlitError, verbose: boolean, program: string = PROGRAM): string {
  const defect = error.code === "internal";
  const hint = error.hint ??
    (defect && !verbose ? "Run it again with --verbose, and report what it prints" : undefined);
  const lines = [`${program}: ${defect ? "Internal error: " : ""}${cleanText(error.message)}`];
  if (hint !== undefined) lines.push(`  ${cleanText(hint)}`);
  if (verbose) lines.push(...stackLines(error));
  return lines.join("\n") + "\n";
}

/** The stack traces of an error and of its causes. */
function stackLines(error: Error): string[] {
  const lines: string[] = [];
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    const text = `${current === error ? "" : "Caused by: "}${current.stack ?? current.message}`;
    lines.push(...text.split("\n").map(cleanText));
  }
  return lines;
}
