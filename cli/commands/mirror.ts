/**
 * `blit mirror`.
 *
 * @module
 */

import { mirror } from "../../core/transfer/mod.ts";
import type { DeletionPlan } from "../../core/transfer/options.ts";
import { confirmDeletions } from "../confirm.ts";
import type { Io } from "../io.ts";
import type { Command } from "../parse/mod.ts";
import { resolveMirror, resolveOutput, resolvePaths } from "../resolve.ts";
import { runTransfer } from "../run_transfer.ts";

/** Runs the command and resolves with the exit status. */
export async function run(command: Command, io: Io): Promise<number> {
  const { source, destination } = resolvePaths(command, io);
  const options = await resolveMirror(command.flags, io);
  const agreed = command.flags.yes || options.dryRun;
  return await runTransfer(resolveOutput(command.verb, command.flags), io, ({ shared, output, signal }) => {
    const ask = (plan: DeletionPlan) => {
      output.pause();
      return confirmDeletions(plan, io, signal);
    };
    return mirror(source, destination, { ...options, ...shared, confirmDeletions: agreed ? undefined : ask });
  });
}
