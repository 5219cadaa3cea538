/**
 * `blit mirror`.
 *
 * @module
 */

import type { Verb } from "../../core/events.ts";
import { confirmDeletions } from "../confirm.ts";
import type { Io } from "../io.ts";
import type { Command } from "../parse/mod.ts";
import { resolveMirror } from "../resolve.ts";
import { runCommand } from "../run_transfer.ts";

/** Runs the command and resolves with the exit status. */
export async function run(command: Command<Verb>, io: Io): Promise<number> {
  const agreed = command.flags.yes || command.flags["dry-run"];
  return await runCommand(command, await resolveMirror(command.flags, io), io, agreed ? undefined : confirmDeletions);
}
