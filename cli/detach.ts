/**
 * `--detach`: a transfer from server to server that goes on without this program.
 *
 * @module
 */

import { parseEndpoint } from "../core/endpoint.ts";
import { BlitError, EXIT_STATUS } from "../core/errors.ts";
import type { Verb } from "../core/events.ts";
import type { MirrorOptions } from "../core/transfer/options.ts";
import type { Io } from "./io.ts";
import { jsonLine } from "./json_line.ts";
import type { Command } from "./parse/mod.ts";
import { PROGRAM } from "./table/mod.ts";

/** Begins the job, prints its id, and resolves with the exit status. */
export async function runDetached(
  { verb, args, flags }: Command<Verb>,
  options: MirrorOptions,
  io: Io,
): Promise<number> {
  const [source, destination] = args.map((text) => parseEndpoint(text, io.platform));
  if (source.kind !== "remote" || destination.kind !== "remote") {
    throw new BlitError("usage", "Cannot use --detach: it is for transfers from server to server", {
      hint: "With one end on this machine the transfer needs this program",
    });
  }
  if (verb === "mirror" && !flags.yes) {
    throw new BlitError("usage", "Cannot use --detach: nobody would be there to ask before the deletions", {
      hint: "Look at --dry-run, then add --yes",
    });
  }
  const { delegateDetached } = await import("../core/transfer/remote/delegate.ts");
  const request = { verb, source: args[0], destination: args[1], options };
  const { id, server } = await delegateDetached(request, { source, destination });
  io.stdout.write(flags.json ? jsonLine({ type: "detached", job: id, server }) : `${id}\n`);
  if (!flags.quiet && !flags.json) io.stderr.write(`${PROGRAM}: It goes on at ${server}, as this job\n`);
  return EXIT_STATUS.done;
}
