/**
 * The judge: rsync, asked what it would still have to do.
 *
 * @module
 */

import { assertEquals } from "./assert.ts";
import { requireTool } from "./shell.ts";

/** Fails unless rsync finds the contents of both directories equal, every attribute included. */
export function assertFaithful(source: string, destination: string): void {
  const output = requireTool("rsync", ["-aHAXn", "--delete", "--itemize-changes", `${source}/`, `${destination}/`]);
  assertEquals(new TextDecoder().decode(output).split("\n").slice(0, 20).join("\n"), "", "rsync would still change");
}
