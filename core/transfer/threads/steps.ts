/**
 * Work of an engine that takes long and can be left off for a while.
 *
 * @module
 */

/** Does some of the work until it gives way, which it does with nothing open. */
export type Steps<Result = void> = Generator<void, Result>;

/** Entries after which a thread that has others to look after may do so. */
const STEP_ENTRIES = 200;

/** Divides items into steps: give way between two of them. */
export function* inSteps<Item>(items: readonly Item[]): Iterable<readonly Item[]> {
  for (let start = 0; start < items.length; start += STEP_ENTRIES) yield items.slice(start, start + STEP_ENTRIES);
}
