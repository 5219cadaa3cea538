/**
 * Runs one transfer: signals and output around it, an exit status out of it.
 *
 * @module
 */

import { loadLater } from "../core/load_later.ts";
import { BlitError, EXIT_STATUS, exitStatusOf, toBlitError } from "../core/errors.ts";
import type { TransferEvent, TransferSummary, Verb } from "../core/events.ts";
import { start as startTransfer } from "../core/transfer/mod.ts";
import type { CommonOptions, DeletionPlan, MirrorOptions } from "../core/transfer/options.ts";
import { NO_HISTORY, openHistory, type RunHistory } from "./history.ts";
import type { Io } from "./io.ts";
import { createOutput, listsEntries, type Output, type OutputOptions } from "./output.ts";
import type { Command } from "./parse/mod.ts";
import { resolveOutput, resolvePaths } from "./resolve.ts";
import { RunState } from "./progress/state.ts";
import { watchSignals, watchStateRequests } from "./signals.ts";
import { PROGRAM } from "./table/mod.ts";

/** What every transfer is given by the command line: a signal, and somebody who listens. */
export interface RunContext {
  /** Goes into the options of the transfer. */
  readonly shared: Pick<CommonOptions, "signal" | "onEvent" | "entryEvents">;
  readonly output: Output;
  readonly signal: AbortSignal;
}

/** Asks whether to delete. */
export type Ask = (plan: DeletionPlan, io: Io, signal: AbortSignal) => Promise<boolean>;

/**
 * Runs a verb that transfers, with its options, and resolves with the exit status.
 *
 * @param ask called before the first deletion of a mirror; without it nobody is asked
 */
export async function runCommand(
  command: Command<Verb>,
  options: MirrorOptions,
  io: Io,
  ask?: Ask,
): Promise<number> {
  const { verb, flags } = command;
  const paths = resolvePaths(command, io);
  if (flags.detach) {
    return await (await loadLater<typeof import("./detach.ts")>(new URL("./detach.ts", import.meta.url))).runDetached(
      command,
      options,
      io,
    );
  }
  const history = openHistory(flags);
  return await runTransfer(resolveOutput(verb, flags), io, ({ shared, output, signal }) => {
    const confirmDeletions = ask && ((plan: DeletionPlan) => {
      output.pause();
      return ask(plan, io, signal);
    });
    const all = { ...options, ...shared, confirmDeletions };
    return startTransfer({ verb, ...paths, options: all });
  }, { history, checksum: options.comparison === "checksum" });
}

/** Starts the transfer. */
export type Start = (context: RunContext) => PromiseLike<TransferSummary>;

/** Where a run is recorded, and what the record needs to know. */
export interface Recording {
  readonly history: RunHistory;
  readonly checksum: boolean;
}

/** Runs a transfer to its end, prints what there is to say, records it, and resolves with the exit status. */
export async function runTransfer(
  options: OutputOptions,
  io: Io,
  start: Start,
  { history, checksum }: Recording = { history: NO_HISTORY, checksum: false },
): Promise<number> {
  const controller = new AbortController();
  using signals = watchSignals(controller, io);
  let output: Output | undefined;
  const state = new RunState(options.verb);
  using _requests = watchStateRequests(io, () => {
    output?.pause();
    io.stderr.write(`${PROGRAM}: ${state.describe()}\n`);
  });
  // Without a reader a list is pointless, but a transfer that was asked for is not.
  const listOnly = options.dryRun || options.verb === "verify";
  if (listOnly) io.stdout.closed.addEventListener("abort", () => controller.abort());
  const printer = output = await createOutput(options, io);
  let summary: TransferSummary | undefined;
  const listen = (event: TransferEvent): void => {
    if (event.type === "finished") summary = event.summary;
    state.add(event);
    printer.event(event);
  };
  const outcome = await settle(start, { ...createContext(options, listen, controller.signal), output: printer });
  const error = outcome instanceof BlitError ? outcome : undefined;
  printer.end(error);
  if (summary !== undefined) await history.record({ summary, checksum, error });
  if (listOnly && io.stdout.closed.aborted && outcome instanceof BlitError) {
    // A plan that nobody reads to its end is no failure; a comparison that did not end has not found both sides equal.
    return options.verb === "verify" ? EXIT_STATUS.partial : EXIT_STATUS.done;
  }
  return outcome instanceof BlitError ? failureStatus(outcome, signals.status) : summaryStatus(outcome);
}

function createContext(
  options: OutputOptions,
  onEvent: (event: TransferEvent) => void,
  signal: AbortSignal,
): Omit<RunContext, "output"> {
  return { shared: { signal, onEvent, entryEvents: listsEntries(options) }, signal };
}

async function settle(start: Start, context: RunContext): Promise<TransferSummary | BlitError> {
  try {
    return await start(context);
  } catch (thrown) {
    return toBlitError(thrown);
  }
}

function failureStatus(error: BlitError, signalStatus: number | undefined): number {
  return error.code === "interrupted" ? signalStatus ?? EXIT_STATUS.interrupted : exitStatusOf(error.code);
}

function summaryStatus(summary: TransferSummary): number {
  return summary.status === "done" ? EXIT_STATUS.done : EXIT_STATUS.partial;
}
