/**
 * `blit verify`.
 *
 * @module
 */

import { verify } from "../../core/transfer/mod.ts";
import type { Io } from "../io.ts";
import type { Command } from "../parse/mod.ts";
import { resolveCommon, resolveOutput, resolvePaths } from "../resolve.ts";
import { runTransfer } from "../run_transfer.ts";

/** Runs the command and resolves with the exit status. */
export async function run(command: Command, io: Io): Promise<number> {
  const { source, destination } = resolvePaths(command, io);
  const options = await resolveCommon(command.flags, io);
  const output = resolveOutput(command.verb, command.flags);
  return await runTransfer(output, io, ({ shared }) => verify(source, destination, { ...options, ...shared }));
}
