/**
 * "Did you mean" for a mistyped word.
 *
 * @module
 */

import { editDistance } from "./std.ts";

/** Longer words are no typing mistakes, and comparing them costs time. */
const MAX_WORD_LENGTH = 40;

/** The candidate that the word was probably meant to be: it begins one of them, or few edits make it one. */
export async function suggest(word: string, candidates: readonly string[]): Promise<string | undefined> {
  if (word.length > MAX_WORD_LENGTH) return undefined;
  const beginnings = candidates.filter((candidate) => word.length >= 2 && candidate.startsWith(word));
  if (beginnings.length === 1) return beginnings[0];
  let best: string | undefined;
  let bestDistance = word.length <= 2 ? 1 : 2;
  for (const candidate of candidates) {
    const distance = await editDistance(word.toLowerCase(), candidate);
    if (distance > bestDistance || (distance === bestDistance && best !== undefined)) continue;
    [best, bestDistance] = [candidate, distance];
  }
  return best;
}
