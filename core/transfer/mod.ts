/**
 * The third station: decisions become bytes moved.
 *
 * ```text
 * transfer.ts       the verbs as functions; events to whoever listens
 * orchestrator.ts   a run, phase by phase, on the main thread
 * executor.ts       engines on the main thread or in workers (worker.ts), which share tasks (scheduler.ts, shared_state.ts)
 * engine.ts         one thread's share: takes a task, does it, synchronously
 *   process_directory.ts -> process_entry.ts -> copy_file.ts, create_directory.ts, create_node.ts, link_entry.ts
 *   ranges.ts             large files, by several engines
 *   delete_entries.ts     mirrors, at the end
 *   remove_source.ts      moves, after everything is on disk
 * collector.ts      what engines report, on the main thread
 * ```
 *
 * @module
 */

export type {
  CommonOptions,
  Comparison,
  CopyOptions,
  DeletionPlan,
  FilterOptions,
  MirrorOptions,
  MoveOptions,
  VerifyOptions,
} from "./options.ts";
export { copy, mirror, move, Transfer, verify } from "./transfer.ts";
