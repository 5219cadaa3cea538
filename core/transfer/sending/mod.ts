/**
 * The source side of a remote transfer: a local tree is listed, and its contents are served, over a lane.
 *
 * ```text
 * list     directories depth first          lister.ts, list_directory.ts
 *          no further ahead than a window   listed_directories.ts
 * answer   what the sink asks for           request_queue.ts, answers.ts
 *          small files together             shard.ts
 *          others in pieces                 stream_content.ts, read_content.ts
 * remove   what it confirms, in a move      remove_confirmed.ts
 * ```
 *
 * `send_tree.ts` puts it together for one lane in one thread; lanes of one session divide the tree by way of `share.ts`. The sink
 * decides everything: nothing here knows what the destination has.
 *
 * @module
 */

export { type SendTotals, zeroSendTotals } from "./outlet.ts";
export { type MoveOptions, type SendOptions, sendTree, type SourceLane } from "./send_tree.ts";
export { LocalShare, type ScanTotals, type SourceShare, type SourceShareSeat } from "./share.ts";
export type { TreeOptions } from "./tree.ts";
