/**
 * The first station: a tree becomes listings, one directory at a time.
 *
 * ```text
 * for each directory
 *   names in batches of about a thousand       (batches.ts)
 *   for each name: metadata, then the filter   (filter.ts)
 * ```
 *
 * Nothing here holds more than one directory, and a directory of any size is read batch by batch.
 *
 * @module
 */

export { destinationNames, sourceBatches } from "./batches.ts";
export { admitAll, type Filter, type FilterRules, loadFilter, normaliseListedPath } from "./filter.ts";
