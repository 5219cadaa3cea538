/**
 * The sentences that end a run.
 *
 * @module
 */

import { changedAnything, type TransferSummary } from "../core/events.ts";
import { cleanText } from "../core/paths/bytes.ts";
import { formatBytes, formatCount, formatElapsed, formatRate } from "./format.ts";

/** Fewer bytes are over before a rate means anything. */
const LEAST_BYTES_FOR_RATE = 1024 ** 2;

type Tense = { copy: string; move: string; repair: string; delete: string; remove: string };

const DONE: Tense = { copy: "copied", move: "moved", repair: "repaired", delete: "deleted", remove: "removed" };
const PLANNED: Tense = { copy: "copy", move: "move", repair: "repair", delete: "delete", remove: "remove" };

/** One sentence without a final period: what was done, or would be, and how long it took. */
export function closingSentence(summary: TransferSummary): string {
  if (summary.verb === "verify") return verifySentence(summary);
  const rest = describeRest(summary, "failed");
  const took = ` in ${formatElapsed(summary.elapsedMs)}`;
  const changes = describeChanges(summary);
  if (changes === "") {
    const checked = `${formatCount(summary.entriesFound, "entry", "entries")} checked${took}`;
    return `${summary.failed > 0 ? "Nothing was changed" : "Nothing to do"}: ${checked}${rest}`;
  }
  if (summary.dryRun) return `Would ${changes}${rest}`;
  const rate = summary.bytesCopied >= LEAST_BYTES_FOR_RATE
    ? `, ${formatRate(summary.bytesCopied, summary.elapsedMs)}`
    : "";
  return `${capitalise(changes)}${took}${rate}${rest}`;
}

/**
 * What was done before a run was cut short, by a signal or by an error.
 *
 * @param isUntold the other side does the work: what it has done since it last told is not known
 */
export function cutShortSentence(
  summary: TransferSummary,
  how: "Interrupted" | "Stopped",
  { isUntold = false } = {},
): string {
  const changes = summary.verb === "verify" ? "" : describeChanges(summary);
  const known = isUntold ? ["no change is known of", `${changes} at least`] : ["nothing was changed", changes];
  return `${how} after ${formatElapsed(summary.elapsedMs)}: ${changes === "" ? known[0] : known[1]}`;
}

/** `copied 3 files (1.2 MiB), 2 directories; deleted 4 entries`, or nothing. */
function describeChanges(summary: TransferSummary): string {
  const words = summary.dryRun ? PLANNED : DONE;
  const verb = summary.verb === "move" ? words.move : words.copy;
  if (summary.route === "rename" && summary.status === "done") {
    return `${verb} "${cleanText(summary.source)}" to "${cleanText(summary.destination)}" by renaming`;
  }
  if (!changedAnything(summary)) return "";
  const parts = [
    prefixed(verb, describeNew(summary)),
    prefixed(words.repair, counted(summary.repaired, "entry", "entries")),
    prefixed(words.delete, counted(summary.deleted, "entry", "entries")),
    // A move that copied has said it already; what was equal at the destination was removed only.
    describeNew(summary).length > 0 ? "" : prefixed(words.remove, counted(summary.removed, "entry", "entries")),
  ];
  return parts.filter((part) => part !== "").join("; ");
}

function describeNew(summary: TransferSummary): string[] {
  return [
    ...counted(summary.filesCopied, "file", "files", ` (${formatBytes(summary.bytesCopied)})`),
    ...counted(summary.directoriesCreated, "directory", "directories"),
    ...counted(summary.symlinksCopied, "symbolic link", "symbolic links"),
    ...counted(summary.hardLinksCreated, "hard link", "hard links"),
    ...counted(summary.specialsCopied, "special file", "special files"),
  ];
}

function verifySentence(summary: TransferSummary): string {
  const differences = summary.differences === 0
    ? "No differences"
    : formatCount(summary.differences, "difference", "differences");
  const where = `in ${formatCount(summary.entriesFound, "entry", "entries")}`;
  const rest = describeRest(summary, "could not be compared");
  return `${differences} ${where}, ${formatElapsed(summary.elapsedMs)}${rest}`;
}

/** What was left out on purpose, and what went wrong. */
function describeRest(summary: TransferSummary, failure: string): string {
  const left = summary.filtered > 0 ? `; left out ${formatCount(summary.filtered, "entry", "entries")}` : "";
  return summary.failed > 0 ? `${left}; ${formatCount(summary.failed, "entry", "entries")} ${failure}` : left;
}

function counted(count: number, one: string, many: string, more = ""): string[] {
  return count === 0 ? [] : [formatCount(count, one, many) + more];
}

function prefixed(verb: string, items: string[]): string {
  return items.length === 0 ? "" : `${verb} ${items.join(", ")}`;
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Why a run begins again, and when. */
export function retrySentence(event: { message: string; waitMs: number; try: number; of: number }): string {
  return `${event.message}. Trying again in ${formatElapsed(event.waitMs)} (${event.try} of ${event.of})`;
}

/** `no workers`, `2 workers`. */
export function describeWorkers(workers: number): string {
  return workers === 0 ? "no workers" : `up to ${formatCount(workers, "worker", "workers")}`;
}
