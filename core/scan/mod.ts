/**
 * The first station: a tree becomes listings, one directory at a time.
 *
 * ```text
 * for each directory
 *   names in batches of about a thousand       (batches.ts)
 *   for each name: metadata, then the filter   (filter.ts)
 * ```
 *
 * Verbs that look around go through a whole tree: `walk.ts` reads it, `find.ts` and `disk_usage.ts` work on what it reads, in
 * slices (`slices.ts`), here or in a daemon (`remote/`).
 *
 * Nothing here holds more than one directory, and a directory of any size is read batch by batch.
 *
 * @module
 */

export { destinationNames, sourceBatches } from "./batches.ts";
export { admitAll, type Filter, type FilterRules, loadFilter, normaliseListedPath } from "./filter.ts";
