/**
 * The sink side of a transfer whose source is on another machine: the same engine, decisions and writing as locally.
 *
 * ```text
 * lane_executor.ts        phases of a run, over a lane
 * receiver.ts             records of the source -> work of the engine -> requests
 * contents.ts             contents that were asked for; incoming_file.ts is one of them
 * received_directory.ts   what the engine sees of a directory of the source; kept_entries.ts has what is needed at the end
 * hash_file.ts            the hash of what the destination has, by which the source tells whether it is the same
 * confirm.ts              the end of a move; planned_removals.ts is that of its dry run
 * ```
 *
 * @module
 */

export { LaneExecutor, type LaneExecutorOptions } from "./lane_executor.ts";
