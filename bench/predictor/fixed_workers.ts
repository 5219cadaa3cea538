/**
 * The command line of Blit with a given number of workers, for measurements: `fixed_workers.ts WORKERS copy SRC DST ...`.
 *
 * It loads the modules that `mod.ts` loads, takes the way through the command line that a copy or a mirror takes there, and
 * adds `workers` to the options at its end. The command line itself has no such flag.
 *
 * @module
 */

import "../../mod.ts";
import { toBlitError } from "../../core/errors.ts";
import { createIo, type Io } from "../../cli/io.ts";
import "../../cli/main.ts";
import { parseRequest } from "../../cli/parse/mod.ts";

/** Runs the command line and resolves with the exit status. */
async function run(workers: number, args: readonly string[], io: Io): Promise<number> {
  const request = await parseRequest(args);
  if (request.kind !== "command" || (request.verb !== "copy" && request.verb !== "mirror")) {
    throw new TypeError(`Cannot run "${args[0]}" with fixed workers: only copy and mirror are measured`);
  }
  if (request.verb === "mirror" && !request.flags.yes) {
    throw new TypeError("Cannot mirror without --yes: nobody is asked");
  }
  const { verb } = request;
  // The modules of the verb, at the moment at which the command line loads them.
  await (request.verb === "mirror" ? import("../../cli/commands/mirror.ts") : import("../../cli/commands/copy.ts"));
  const { resolveCopy, resolveMirror } = await import("../../cli/resolve.ts");
  const { runCommand } = await import("../../cli/run_transfer.ts");
  const resolve = request.verb === "mirror" ? resolveMirror : resolveCopy;
  return await runCommand({ ...request, verb }, { ...await resolve(request.flags, io), workers }, io);
}

if (import.meta.main) {
  const [workers, ...args] = Deno.args;
  const io = createIo(Deno.exit);
  let status = 1;
  try {
    status = await run(Number(workers), args, io);
  } catch (error) {
    io.stderr.write(`${toBlitError(error).message}\n`);
  }
  await io.stderr.flush();
  await io.stdout.flush();
  Deno.exit(status);
}
