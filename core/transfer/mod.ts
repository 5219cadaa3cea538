/**
 * The third station: decisions become bytes moved.
 *
 * ```text
 * transfer.ts       the verbs as functions; events to whoever listens
 * inspect.ts        what a run would meet and how it would be carried out; loaded by who asks, so not exported here
 * run/              a run, phase by phase, on the main thread: orchestrator.ts, and what the engines report: collector.ts
 * threads/          executors run engines, on the main thread (inline_executor.ts) or in workers (worker_executor.ts,
 *                   worker.ts), which share tasks (scheduler.ts, shared_state.ts); engine.ts is one thread's share, synchronous
 * directories/      process_directory.ts; for mirrors delete_entries.ts, for moves remove_source.ts, both at the end
 * entries/          process_entry.ts decides, carry_out.ts and link_entry.ts act
 * files/            copy_file.ts: copied whole, or in ranges by several engines
 * sending/          the source side of a remote transfer: send_tree.ts, one lane in one thread
 * receiving/        the sink side: lane_executor.ts, one engine over a lane
 * remote/           a transfer with a daemon, seen from the client
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
  RetryOptions,
  VerifyOptions,
} from "./options.ts";
export type { TransferRequest } from "./run/orchestrator.ts";
export { copy, mirror, move, start, type Transfer, verify } from "./transfer.ts";
