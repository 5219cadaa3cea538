/**
 * Runs one transfer: signals and output around it, an exit status out of it.
 *
 * @module
 */

import { BlitError, EXIT_STATUS, exitStatusOf, toBlitError } from "../core/errors.ts";
import type { TransferSummary } from "../core/events.ts";
import type { CommonOptions } from "../core/transfer/options.ts";
import type { Io } from "./io.ts";
import { createOutput, listsEntries, type Output, type OutputOptions } from "./output.ts";
import { watchSignals } from "./signals.ts";

/** What every transfer is given by the command line: a signal, and somebody who listens. */
export interface RunContext {
  /** Goes into the options of the transfer. */
  readonly shared: Pick<CommonOptions, "signal" | "onEvent" | "entryEvents">;
  readonly output: Output;
  readonly signal: AbortSignal;
}

/** Starts the transfer. */
export type Start = (context: RunContext) => PromiseLike<TransferSummary>;

/** Runs a transfer to its end, prints what there is to say, and resolves with the exit status. */
export async function runTransfer(options: OutputOptions, io: Io, start: Start): Promise<number> {
  const controller = new AbortController();
  using signals = watchSignals(controller, io);
  // Without a reader a list is pointless, but a transfer that was asked for is not.
  const listOnly = options.dryRun || options.verb === "verify";
  if (listOnly) io.stdout.closed.addEventListener("abort", () => controller.abort());
  const output = await createOutput(options, io);
  const outcome = await settle(start, createContext(options, output, controller.signal));
  output.end(outcome instanceof BlitError ? outcome : undefined);
  if (listOnly && io.stdout.closed.aborted && outcome instanceof BlitError) {
    // A plan that nobody reads to its end is no failure; a comparison that did not end has not found both sides equal.
    return options.verb === "verify" ? EXIT_STATUS.partial : EXIT_STATUS.done;
  }
  return outcome instanceof BlitError ? failureStatus(outcome, signals.status) : summaryStatus(outcome);
}

function createContext(options: OutputOptions, output: Output, signal: AbortSignal): RunContext {
  const onEvent = output.event.bind(output);
  return { shared: { signal, onEvent, entryEvents: listsEntries(options) }, output, signal };
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
