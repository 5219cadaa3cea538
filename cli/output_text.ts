/**
 * What a person reads: results on standard output; progress, notices and failures on standard error.
 *
 * A run that succeeds in a pipe says nothing, unless a list was asked for (`--dry-run`, `--verbose`, `verify`).
 *
 * @module
 */

import type { BlitError } from "../core/errors.ts";
import type { TransferEvent, TransferSummary } from "../core/events.ts";
import { cleanText } from "../core/paths/bytes.ts";
import { formatCount } from "./format.ts";
import type { Io } from "./io.ts";
import { listsEntries, type Output, type OutputOptions } from "./output.ts";
import { closingSentence, cutShortSentence, describeWorkers, retrySentence } from "./phrases.ts";
import { createProgress, type Progress } from "./progress/mod.ts";
import { describeError } from "./report_error.ts";
import { PROGRAM } from "./table/mod.ts";

/** Failures printed one by one; a broken disk must not scroll away how it began. `--verbose` prints all. */
const MAX_FAILURES_PRINTED = 50;

/** Wide enough for every action and for the usual differences. */
const LABEL_WIDTH = 7;

type EventOf<T extends TransferEvent["type"]> = Extract<TransferEvent, { type: T }>;

/** Prints events as text. */
export class TextOutput implements Output {
  readonly #options: OutputOptions;
  readonly #io: Io;
  readonly #progress: Progress;
  #failures = 0;
  #summary: TransferSummary | undefined;

  /** Creates a printer for one run. */
  constructor(options: OutputOptions, io: Io) {
    this.#options = options;
    this.#io = io;
    this.#progress = createProgress(options, io);
  }

  /** Prints what concerns people. */
  event(event: TransferEvent): void {
    switch (event.type) {
      case "started":
        return this.#detail(`destination: ${event.destination} (file system access: ${event.fileSystem})`);
      case "route":
        return this.#detail(`route: ${event.route}, ${describeWorkers(event.workers)} (${event.reason})`);
      case "progress":
        return this.#progress.update(event);
      case "entry":
        return this.#entry(event);
      case "difference":
        return this.#difference(event);
      case "failed":
        return this.#failed(event);
      case "notice":
        return this.#options.quiet ? undefined : this.#say(event.message);
      case "retry":
        return this.#options.quiet ? undefined : this.#say(retrySentence(event));
      case "finished":
        this.#summary = event.summary;
    }
  }

  /** Clears the progress bar; the next progress event draws it again. */
  pause(): void {
    this.#progress.pause();
  }

  /** Prints the closing line, and what went wrong. */
  end(error?: BlitError): void {
    this.#progress.pause();
    const summary = this.#summary;
    if (summary?.route === "streaming" || summary?.route === "large-file") {
      this.#detail(
        summary.workers === 0
          ? "no workers were needed"
          : `${formatCount(summary.workers, "worker was", "workers were")} started`,
      );
    }
    // Whoever interrupts a run knows it; what a server has interrupted comes with its reason.
    if (error && (error.code !== "interrupted" || error.hint !== undefined)) {
      this.#io.stderr.write(describeError(error, this.#options.verbose));
    }
    if (error) return this.#cutShort(error, summary);
    if (!summary) return;
    if (this.#wantsClosingLine()) this.#io.stdout.write(`${closingSentence(summary)}\n`);
    if (summary.failed > 0) this.#closeFailures(summary.failed);
  }

  #entry(event: EventOf<"entry">): void {
    if (listsEntries(this.#options)) this.#result(event.action, event.path, event.kind);
  }

  #difference(event: EventOf<"difference">): void {
    if (!this.#options.quiet) this.#result(event.difference.join(","), event.path, event.kind);
  }

  #failed(event: EventOf<"failed">): void {
    this.#failures++;
    if (this.#options.verbose || this.#failures <= MAX_FAILURES_PRINTED) this.#say(event.message);
    else if (this.#failures === MAX_FAILURES_PRINTED + 1) this.#say("More entries failed; --verbose prints them all");
  }

  #closeFailures(failed: number): void {
    const verb = this.#options.verb === "verify" ? "could not be compared" : "failed; everything else is done";
    this.#say(`${formatCount(failed, "entry", "entries")} ${verb}`);
  }

  #cutShort(error: BlitError, summary: TransferSummary | undefined): void {
    if (this.#options.quiet || this.#io.stdout.closed.aborted) return;
    const interrupted = error.code === "interrupted";
    // A daemon that does the work may have done more than it has told.
    const isCutOff = interrupted || error.code === "unreachable";
    const isUntold = isCutOff && summary?.route === "remote" && summary.verb !== "verify" && !summary.dryRun;
    if (summary) this.#say(cutShortSentence(summary, interrupted ? "Interrupted" : "Stopped", { isUntold }));
    else if (interrupted && !this.#options.watchesOnly) this.#say("Interrupted: nothing was changed");
  }

  /** Results end with a sentence; a transfer does so only where somebody is watching or asked for details. */
  #wantsClosingLine(): boolean {
    const { quiet, verbose, dryRun, verb } = this.#options;
    return !quiet && (verbose || dryRun || verb === "verify" || this.#io.stdout.isTerminal);
  }

  #result(label: string, path: string, kind: string): void {
    if (this.#io.stdout.isTerminal) this.#progress.pause();
    const slash = kind === "directory" && path !== "" ? "/" : "";
    this.#io.stdout.write(`${label.padEnd(LABEL_WIDTH)}  ${cleanText(path) || "."}${slash}\n`);
  }

  #detail(text: string): void {
    if (this.#options.verbose) this.#say(text);
  }

  #say(text: string): void {
    this.#progress.pause();
    this.#io.stderr.write(`${PROGRAM}: ${cleanText(text)}\n`);
  }
}
