/**
 * The second station: two entries become a decision. Pure, so that every decision is tested without a disk.
 *
 * ```text
 * decide(source, destination, rules)   create, replace, enter, blocked, compare-content, same, ...   (compare.ts)
 * metadataDifferences(...)             what to repair when the content is the same                    (compare.ts)
 * chooseRoute(...)                     main thread, ranges of one file, or workers on directories     (route.ts)
 * predict(...)                         what a run would cost, from past ones; it decides nothing       (predictor.ts)
 * ```
 *
 * @module
 */

export * from "./compare.ts";
export * from "./route.ts";
