/**
 * `blit rm`.
 *
 * @module
 */

import { type BlitError, EXIT_STATUS, toBlitError } from "../../core/errors.ts";
import {
  asByteString,
  type ByteString,
  cleanText,
  decodeText,
  displayName,
  encodeText,
  toBytes,
} from "../../core/paths/bytes.ts";
import { remove, requireRemovable } from "../../utils/rm.ts";
import { parseTarget, type RemoteTarget } from "../../utils/target.ts";
import { confirmDeletions } from "../confirm.ts";
import { formatCount } from "../format.ts";
import type { Io } from "../io.ts";
import { jsonLine } from "../json_line.ts";
import type { Command } from "../parse/mod.ts";
import { Results } from "../results.ts";
import { watchSignals } from "../signals.ts";

/** Runs the command and resolves with the exit status. */
export async function run({ args: [text], flags, program }: Command, io: Io): Promise<number> {
  const target = requireRemovable(parseTarget(text, io.platform), text);
  const stop = new AbortController();
  using watch = watchSignals(stop, io);
  const { signal } = stop;
  try {
    if (!flags["dry-run"] && !flags.yes) {
      const entries = await countEntries(target, signal);
      await confirmDeletions({ entries, destination: text }, io, signal);
    }
    return await removeAndTell(target, { flags, program, io, signal });
  } catch (thrown) {
    const error = toBlitError(thrown);
    if (!signal.aborted) throw error;
    return watch.status ?? EXIT_STATUS.interrupted;
  }
}

/** What would go. What could not be counted is told when it cannot be removed. */
async function countEntries(target: RemoteTarget, signal: AbortSignal): Promise<number> {
  let entries = 0;
  for await (const { removed } of remove(target, { dryRun: true, entries: false, signal })) entries = removed;
  return entries;
}

interface RemoveCommand {
  readonly flags: Command["flags"];
  readonly program: string;
  readonly io: Io;
  readonly signal: AbortSignal;
}

async function removeAndTell(target: RemoteTarget, { flags, program, io, signal }: RemoveCommand): Promise<number> {
  const json = flags.json ?? false;
  const dryRun = flags["dry-run"] ?? false;
  const results = new Results({ json, program, io });
  const start = `${target.shownModule}/`;
  let removed = 0;
  let failures = 0;
  let ended: BlitError | undefined;
  try {
    for await (const part of remove(target, { dryRun, entries: dryRun || (flags.verbose ?? false), signal })) {
      removed = part.removed;
      failures += part.failures.length;
      results.write(part.paths.map((path) => json ? entryJson(start, path) : entryLine(start, path)).join(""));
      for (const error of part.failures) results.fail(error);
      await results.drain();
    }
  } catch (thrown) {
    ended = toBlitError(thrown);
    if (removed === 0 && !signal.aborted) throw ended;
  }
  const status = ended === undefined ? "done" : signal.aborted ? "interrupted" : "failed";
  if (json) results.write(jsonLine({ type: "summary", status, dryRun, removed, failures }));
  else io.stderr.write(`${program}: ${summaryOf(removed, { dryRun, ended: ended !== undefined })}\n`);
  if (ended !== undefined) throw ended;
  return results.status;
}

function summaryOf(removed: number, { dryRun, ended }: { dryRun: boolean; ended: boolean }): string {
  const count = formatCount(removed, "entry", "entries");
  if (dryRun) return `${count} would be removed`;
  return ended ? `${count} removed, or more, before it ended` : `${count} removed`;
}

function entryLine(start: string, path: ByteString): string {
  return `${cleanText(start + displayName(path))}\n`;
}

function entryJson(start: string, path: ByteString): string {
  const whole = asByteString(encodeText(start) + path);
  const exact = decodeText(whole) === undefined ? { pathBase64: toBytes(whole).toBase64() } : {};
  return jsonLine({ type: "entry", action: "remove", path: displayName(whole), ...exact });
}
