/**
 * The job that somebody means.
 *
 * @module
 */

import { BlitError } from "../../core/errors.ts";
import { cleanText } from "../../core/paths/bytes.ts";
import type { RemoteJob } from "../../core/transfer/remote/jobs.ts";

/** So much of an id is shown to people, where that tells jobs apart. */
const SHORT_LENGTH = 8;

/** How the ids of these jobs are shown: their beginnings, as far as no two of them have the same. */
export function shortIds(jobs: readonly RemoteJob[]): (id: string) => string {
  const counts = new Map<string, number>();
  const short = (id: string): string => id.slice(0, SHORT_LENGTH);
  for (const { id } of jobs) counts.set(short(id), (counts.get(short(id)) ?? 0) + 1);
  return (id) => cleanText((counts.get(short(id)) ?? 0) > 1 ? id : short(id));
}

/**
 * The job of this id, or whose id begins so; `undefined` where there is none.
 *
 * @throws {BlitError} "usage" where several begin so
 */
export function findJob(jobs: readonly RemoteJob[], id: string): RemoteJob | undefined {
  const exact = jobs.find((job) => job.id === id);
  if (exact !== undefined) return exact;
  const [found, ...others] = jobs.filter((job) => job.id.startsWith(id));
  if (others.length === 0) return found;
  throw new BlitError("usage", `Cannot tell which job "${cleanText(id)}" is: ${others.length + 1} begin so`);
}
