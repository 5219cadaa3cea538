/**
 * What a run says while it goes on: one interface, printed as text or as JSON.
 *
 * @module
 */

import type { BlitError } from "../core/errors.ts";
import type { TransferEvent, Verb } from "../core/events.ts";
import type { Io } from "./io.ts";

/** What was asked of the output. */
export interface OutputOptions {
  readonly verb: Verb;
  readonly dryRun: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly json: boolean;
  /** `undefined`: on a terminal, once the run has lasted a second. */
  readonly progress: boolean | undefined;
  /** The run is somebody else's and goes on without us: leaving it needs no words. @default {false} */
  readonly watchesOnly?: boolean;
}

/** A printer of one run. */
export interface Output {
  /** Called for every event in order. */
  event(event: TransferEvent): void;
  /** Takes away what is drawn for the moment, so that something else can use the terminal. */
  pause(): void;
  /** Called once, after the last event, with the error that ended the run if one did. */
  end(error?: BlitError): void;
}

/** The printer that the options ask for; only its code is loaded. */
export async function createOutput(options: OutputOptions, io: Io): Promise<Output> {
  if (options.json) return new (await import("./output_json.ts")).JsonOutput(options, io);
  return new (await import("./output_text.ts")).TextOutput(options, io);
}

/** Whether standard output receives a line for every entry that is touched. */
export function listsEntries(options: OutputOptions): boolean {
  return !options.quiet && (options.verbose || options.dryRun);
}
