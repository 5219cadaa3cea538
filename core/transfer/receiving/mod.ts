/**
 * The sink side of a transfer whose source is on another machine: the same engine, decisions and writing as locally.
 *
 * ```text
 * lane_executor.ts        phases of a run, over a lane
 * receiver.ts             records of the source -> work of the engine -> requests
 * told_directories.ts     directories that the source tells of, until they are given back; reopened_directories.ts are those of
 *                         which something had to wait; asked_directory.ts is one of either in which contents are asked about
 * inquiries.ts            everything that is asked about contents, and where the answers go
 * requests.ts             what is asked, and not sent yet; question.ts is a file that is asked about
 * contents.ts             files that were asked for as a whole; incoming_file.ts is one of them
 * ranged_contents.ts      large files on several lanes; incoming_ranges.ts says which lane gets which range, range_helper.ts
 *                         is another thread that asks and writes, by way of range_messages.ts
 * resumptions.ts          files of which something is here already; resumed_file.ts is one of them
 * comparisons.ts          files that are only compared; hash_file.ts hashes one of them
 * open_pairs.ts           directories of the destination that are open
 * received_directory.ts   what the engine sees of a directory of the source; kept_entries.ts has what is needed at the end
 * confirm.ts              the end of a move; planned_removals.ts is that of its dry run
 * ```
 *
 * @module
 */

export { LaneExecutor, type LaneExecutorOptions } from "./lane_executor.ts";
