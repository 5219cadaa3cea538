/**
 * `blit copy`.
 *
 * @module
 */

import { copy } from "../../core/transfer/mod.ts";
import type { Io } from "../io.ts";
import type { Command } from "../parse/mod.ts";
import { resolveCopy, resolveOutput, resolvePaths } from "../resolve.ts";
import { runTransfer } from "../run_transfer.ts";

/** Runs the command and resolves with the exit status. */
export async function run(command: Command, io: Io): Promise<number> {
  const { source, destination } = resolvePaths(command, io);
  const options = await resolveCopy(command.flags, io);
  return await runTransfer(
    resolveOutput(command.verb, command.flags),
    io,
    ({ shared }) => copy(source, destination, { ...options, ...shared }),
  );
}
