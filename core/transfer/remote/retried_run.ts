/**
 * Several tries as one run: their events, counters and summaries.
 *
 * @module
 */

import {
  type Counters,
  type EventBody,
  type EventPath,
  type Failure,
  type TransferSummary,
  zeroCounters,
} from "../../events.ts";

/** What each try does for itself: no other one does it again. */
const DONE = [
  "filesCopied",
  "bytesCopied",
  "directoriesCreated",
  "symlinksCopied",
  "specialsCopied",
  "hardLinksCreated",
  "repaired",
  "deleted",
  "removed",
] as const;
/** Entries that are found unchanged by the next try. Directories are left out: those that were not finished are repaired. */
const COPIED = ["filesCopied", "symlinksCopied", "specialsCopied", "hardLinksCreated"] as const;
/** What a try finds for itself, and a move leaves less of to the next. */
const FOUND = ["entriesFound", "bytesFound"] as const;
/** Lines of output that are remembered, so that no try prints them again: the first of them. */
const MOST_TOLD = 100_000;

/** Listens to the tries, and tells whoever listens to the run. */
export class RetriedRun {
  readonly #emit: (event: EventBody) => void;
  readonly #started = performance.now();
  /** How the try that goes on has ended, once it has told. */
  #summary: TransferSummary | undefined;
  /** The run as it was after the latest try that came to an end, without the one that goes on. */
  #before: TransferSummary | undefined;
  /** What was shown last: totals never decrease. */
  #shown: Counters = zeroCounters();
  /** A move has begun to remove what it has copied, in an earlier try. */
  #wasRemoving = false;
  /** Entries that the try that goes on has missed because an earlier one has moved them. */
  #moved = 0;
  readonly #told = new Set<string>();
  readonly #notices: string[] = [];
  #isDryRun = false;
  #hasStarted = false;
  #hasRoute = false;

  constructor(emit: (event: EventBody) => void) {
    this.#emit = emit;
  }

  /** Takes in what the try that goes on tells. */
  hear(event: EventBody): void {
    switch (event.type) {
      case "started":
        if (!this.#hasStarted) this.#emit(event);
        this.#hasStarted = true;
        this.#isDryRun = event.dryRun;
        return;
      case "route":
        if (!this.#hasRoute) this.#emit(event);
        this.#hasRoute = true;
        return;
      case "progress":
        return this.#emit({ ...event, ...this.#show(this.#total(event)) });
      case "entry":
        // What was only planned is planned again.
        if (!this.#isDryRun || this.#isNews(`${event.action} ${keyOf(event)}`)) this.#emit(event);
        return;
      case "difference":
        if (this.#isNews(`${event.difference} ${keyOf(event)}`)) this.#emit(event);
        return;
      case "failed":
        if (this.#isMoved(event)) this.#moved++;
        else if (this.#isNews(`${event.code} ${keyOf(event)}`)) this.#emit(event);
        return;
      case "notice":
        if (!this.#isNews(event.message)) return;
        this.#notices.push(event.message);
        return this.#emit(event);
      case "finished":
        this.#summary = event.summary;
        return;
      default:
        return this.#emit(event);
    }
  }

  /**
   * The try that went on is over, and another one follows.
   *
   * @param wasRemoving a move has begun to remove what it has copied
   */
  beginAgain(wasRemoving: boolean): void {
    if (this.#summary !== undefined) this.#before = this.#sumUp(this.#summary);
    this.#summary = undefined;
    this.#wasRemoving = wasRemoving;
    this.#moved = 0;
  }

  /** The last try has done it. Tells the end of the run, and returns its summary. */
  finish(): TransferSummary {
    return this.#end(this.#sumUp(this.#summary!));
  }

  /**
   * There was nothing left to do: an earlier try has moved everything, and only its last word was lost.
   *
   * @returns the summary; `undefined` where no try has come to an end
   */
  finishMoved(): TransferSummary | undefined {
    if (this.#before === undefined) return undefined;
    return this.#end({ ...this.#before, status: this.#before.failed > 0 ? "partial" : "done" });
  }

  /** The last try has failed, or was not waited for. Tells the end of the run, if it has begun. */
  fail(isInterrupted: boolean): void {
    const summary = this.#summary === undefined ? this.#before : this.#sumUp(this.#summary);
    if (summary !== undefined) this.#end({ ...summary, status: isInterrupted ? "interrupted" : summary.status });
  }

  #end(summary: TransferSummary): TransferSummary {
    const ended = { ...summary, elapsedMs: performance.now() - this.#started, notices: this.#notices };
    this.#emit({ type: "finished", summary: ended });
    return ended;
  }

  /** This try and those before as one. Failures are those of this one: what could be done since is done. */
  #sumUp(summary: TransferSummary): TransferSummary {
    const failures = summary.failures.filter((failure) => !this.#isMoved(failure));
    const counters = this.#total(summary);
    const isWhole = summary.status === "partial" && counters.failed === 0;
    return { ...summary, ...counters, failures, status: isWhole ? "done" : summary.status };
  }

  /** Of the run, after so much of the try that goes on. */
  #total(current: Counters): Counters {
    const names = Object.keys(zeroCounters()) as (keyof Counters)[];
    const total = Object.fromEntries(names.map((name) => [name, current[name]])) as unknown as Counters;
    total.failed -= this.#moved;
    const before = this.#before;
    if (before === undefined) return total;
    for (const name of DONE) total[name] += before[name];
    for (const name of FOUND) total[name] = Math.max(total[name], before[name]);
    // What was copied before has been found unchanged now. It counts once.
    const copied = COPIED.reduce((sum, name) => sum + before[name], 0);
    total.unchanged = Math.max(0, total.unchanged - copied);
    return total;
  }

  #show(total: Counters): Counters {
    for (const name of Object.keys(total) as (keyof Counters)[]) {
      this.#shown[name] = Math.max(this.#shown[name], total[name]);
    }
    return this.#shown;
  }

  /** Whether a failure only says that something has been moved by an earlier try. */
  #isMoved(failure: Failure): boolean {
    return this.#wasRemoving && failure.code === "not-found" && !this.#told.has(`not-found ${keyOf(failure)}`);
  }

  /** Whether no earlier try has told the same. */
  #isNews(text: string): boolean {
    if (this.#told.has(text)) return false;
    if (this.#told.size < MOST_TOLD) this.#told.add(text);
    return true;
  }
}

function keyOf({ path, pathBase64 }: EventPath): string {
  return pathBase64 ?? path;
}
