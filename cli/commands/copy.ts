/**
 * `blit copy`.
 *
 * @module
 */

import type { Verb } from "../../core/events.ts";
import type { Io } from "../io.ts";
import type { Command } from "../parse/mod.ts";
import { resolveCopy } from "../resolve.ts";
import { runCommand } from "../run_transfer.ts";

/** Runs the command and resolves with the exit status. */
export async function run(command: Command<Verb>, io: Io): Promise<number> {
  return await runCommand(command, await resolveCopy(command.flags, io), io);
}
