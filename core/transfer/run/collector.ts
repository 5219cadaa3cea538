/**
 * What the engines report, gathered on the main thread: events for whoever listens, failures for the summary, and the work
 * that has to wait for the end.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import { type Counters, type EventBody, type EventPath, type Failure, zeroCounters } from "../../events.ts";
import { type ByteString, decodeText, displayName, toBytes } from "../../paths/bytes.ts";
import type { DeferredLink, EngineReport, EntryRecord, Extraneous, FailureRecord } from "../threads/job.ts";

/** Failures that a summary lists; the rest is only counted. */
const MOST_FAILURES = 1000;
/** Characters of failure messages that a summary lists. */
const MOST_FAILURE_TEXT = 256 * 1024;

/** Gathers reports. */
export class Collector {
  readonly failures: Failure[] = [];
  /** Entries of the source that a move keeps: they failed, or what is at the destination stays. */
  readonly kept: Set<ByteString> = new Set();
  readonly extraneous: Extraneous[] = [];
  readonly blocked: { path: ByteString; name: ByteString }[] = [];
  readonly finalize: Set<ByteString> = new Set();
  readonly links: DeferredLink[] = [];
  /** Failures that forbid deletions: after them it is not certain that the destination has all that the source has. */
  seriousFailures = 0;
  plannedDeletions = 0;
  sockets = 0;
  /** What ends the run early. */
  fatal: BlitError | undefined;
  /** Counts of the main thread itself. */
  readonly counters: Counters = zeroCounters();
  #failureText = 0;
  #firstSocket: ByteString | undefined;

  /** @param emit receives an event for each record */
  constructor(readonly emit: (event: EventBody) => void) {}

  /** Takes in what an engine reports. */
  add(report: EngineReport): void {
    for (const failure of report.failures ?? []) this.#addFailure(failure);
    for (const record of report.entries ?? []) this.emit(entryEvent(record));
    for (const path of report.kept ?? []) this.kept.add(path);
    this.extraneous.push(...report.extraneous ?? []);
    this.blocked.push(...report.blocked ?? []);
    for (const path of report.finalize ?? []) this.finalize.add(path);
    this.links.push(...report.links ?? []);
    this.plannedDeletions += report.plannedDeletions ?? 0;
    this.sockets += report.sockets?.length ?? 0;
    this.#firstSocket ??= report.sockets?.[0];
    if (report.fatal !== undefined) this.#addFatal(report.fatal);
  }

  /** Records a failure of the main thread itself. */
  addFailure(failure: FailureRecord): void {
    this.counters.failed++;
    this.#addFailure(failure);
  }

  /** Things worth saying that are no failures. */
  notices(): string[] {
    if (this.sockets === 0) return [];
    const example = displayName(this.#firstSocket!);
    const what = this.sockets === 1 ? `a socket: "${example}"` : `${this.sockets} sockets, such as "${example}"`;
    return [`Skipped ${what}`];
  }

  #addFailure({ path, code, message }: FailureRecord): void {
    // What vanished is not missed, and an attribute that cannot be kept is no missing content.
    if (code !== "not-found" && code !== "metadata") this.seriousFailures++;
    this.kept.add(path);
    const failure: Failure = { ...eventPath(path), code, message };
    this.emit({ type: "failed", ...failure });
    this.#failureText += message.length;
    if (this.failures.length < MOST_FAILURES && this.#failureText <= MOST_FAILURE_TEXT) this.failures.push(failure);
  }

  #addFatal({ code, message, path }: { code: BlitError["code"]; message: string; path: ByteString }): void {
    this.fatal ??= new BlitError(code, message, { path: displayName(path) });
  }
}

/** A path as events show it. */
export function eventPath(path: ByteString): EventPath {
  if (decodeText(path) !== undefined) return { path: displayName(path) };
  return { path: displayName(path), pathBase64: toBytes(path).toBase64() };
}

function entryEvent(record: EntryRecord): EventBody {
  if ("differences" in record) {
    return { type: "difference", ...eventPath(record.path), kind: record.kind, difference: record.differences };
  }
  const { action, kind, bytes } = record;
  return { type: "entry", action, ...eventPath(record.path), kind, bytes };
}
