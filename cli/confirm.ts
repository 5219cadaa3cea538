/**
 * The one question that Blit asks: may it delete?
 *
 * @module
 */

import { BlitError } from "../core/errors.ts";
import { cleanText } from "../core/paths/bytes.ts";
import type { DeletionPlan } from "../core/transfer/options.ts";
import { unlessAborted } from "../core/within.ts";
import { formatCount } from "./format.ts";
import type { Io } from "./io.ts";

const ANSWER_BYTES = 1024;

/**
 * Resolves with `true` when the person at the terminal agrees. Rejects with a `BlitError` "refused" when there is nobody
 * to ask or the answer is no, and with "interrupted" when the signal comes first.
 */
export async function confirmDeletions(plan: DeletionPlan, io: Io, signal: AbortSignal): Promise<true> {
  const question = `elete ${formatCount(plan.entries, "entry", "entries")} from "${cleanText(plan.destination)}"`;
  if (!io.stdin.isTerminal() || !io.stderr.isTerminal) {
    throw new BlitError("refused", `Cannot d${question}: there is no terminal to ask on`, {
      hint: "Use --yes to delete without being asked, or --dry-run to see what would go",
    });
  }
  io.stderr.write(`D${question}? [y/N] `);
  const answer = await unlessAborted(readLine(io), signal, interrupted)
    .finally(() => signal.aborted && io.stderr.write("\n"));
  if (!answer.endsWith("\n")) io.stderr.write("\n");
  if (/^y(es)?$/i.test(answer.trim())) return true;
  throw new BlitError("refused", `Cannot d${question}: it was not confirmed`, { hint: "Nothing was deleted" });
}

/** The first line with its end, which is missing where the input ends before it. */
async function readLine(io: Io): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(ANSWER_BYTES);
  let line = "";
  while (!line.includes("\n") && line.length < ANSWER_BYTES) {
    const count = await io.stdin.read(buffer);
    if (count === null) break;
    line += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  return line.replace(/\n.*$/s, "\n");
}

function interrupted(): BlitError {
  return new BlitError("interrupted", "Interrupted while waiting for an answer");
}
