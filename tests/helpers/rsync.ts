/**
 * The judge: rsync, asked what it would still have to do.
 *
 * @module
 */

import { assertEquals } from "./assert.ts";
import { requireTool } from "./shell.ts";

/** Looks at every attribute, and at the nanoseconds of times, which rsync leaves out unless it is told. */
const ARGS = ["-aHAXn", "--modify-window=-1", "--delete", "--itemize-changes"] as const;

/** Fails unless rsync finds the contents of both directories equal, every attribute included. */
export function assertFaithful(source: string, destination: string): void {
  const output = requireTool("rsync", [...ARGS, `${source}/`, `${destination}/`]);
  assertEquals(new TextDecoder().decode(output).split("\n").slice(0, 20).join("\n"), "", "rsync would still change");
}
