/**
 * What each exit status means to the person who reads it. The numbers are in `core/errors.ts`.
 *
 * @module
 */

import { EXIT_STATUS } from "../core/errors.ts";

/** The exit status after a hang-up, 128 plus the number of the signal as for the others. */
export const HANGUP_STATUS = 129;

const MEANINGS: Readonly<Record<keyof typeof EXIT_STATUS, string>> = {
  done: "done",
  partial: "done, but some entries failed, or verify found differences",
  usage: "wrong usage, or a source or destination that cannot be used as one",
  refused: "refused: confirmation or permission is missing",
  unreachable: "the other end could not be reached, or was lost",
  stalled: "stalled: nothing moved for too long",
  interrupted: "interrupted (Ctrl-C)",
  terminated: "terminated",
};

/** The exit statuses and their meanings, ascending. */
export function describeExitCodes(): { status: number; meaning: string }[] {
  const known = Object.entries(MEANINGS) as [keyof typeof EXIT_STATUS, string][];
  const rows = known.map(([name, meaning]) => ({ status: EXIT_STATUS[name] as number, meaning }));
  rows.push({ status: HANGUP_STATUS, meaning: "the terminal went away" });
  return rows.sort((a, b) => a.status - b.status);
}
