/**
 * `blit diagnostics dump`.
 *
 * @module
 */

import { createDump } from "../diagnostics/dump.ts";
import { describeDump } from "../diagnostics/dump_text.ts";
import type { Io } from "../io.ts";
import { jsonLine } from "../json_line.ts";
import type { Command } from "../parse/mod.ts";

/** Runs the command and resolves with the exit status, which is the one that the copy would end with. */
export async function run({ args, flags }: Command, io: Io): Promise<number> {
  const [source, destination] = args;
  const dump = await createDump(source, destination, flags, io);
  io.stdout.write(flags.json ? jsonLine(dump) : describeDump(dump));
  return dump.exitStatus;
}
