/**
 * What an engine reports: counters that others may read at any time, and records collected over a batch of entries.
 *
 * @module
 */

import { type BlitError, toBlitError } from "../../errors.ts";
import { type Counters, type Difference, type EntryAction, zeroCounters } from "../../events.ts";
import type { EntryKind } from "../../fs/types.ts";
import type { ByteString } from "../../paths/bytes.ts";
import type { DeferredLink, EngineReport, FailureRecord } from "./job.ts";

/** Records in one report before it is sent, so that a failing tree does not pile up in a worker. */
const RECORDS_PER_REPORT = 512;

/** Collects what happens and sends it in batches. */
export class Outbox {
  readonly counters: Counters = zeroCounters();
  #report: EngineReport = {};
  #records = 0;

  /**
   * @param send receives a report, which it then owns
   * @param entryEvents whether single entries are worth a record
   */
  constructor(readonly send: (report: EngineReport) => void, readonly entryEvents: boolean) {}

  /** An entry was touched. */
  entry(action: EntryAction, kind: EntryKind, path: () => ByteString, bytes = 0): void {
    if (!this.entryEvents) return;
    (this.#report.entries ??= []).push({ action, kind, path: path(), bytes });
    this.#count();
  }

  /** An entry differs. Always reported: it is what a verification is for. */
  difference(differences: Difference[], kind: EntryKind, path: ByteString): void {
    this.counters.differences++;
    (this.#report.entries ??= []).push({ differences, kind, path });
    this.#count();
  }

  /** An entry failed. */
  failure(path: ByteString, thrown: unknown): void {
    const { code, message } = toBlitError(thrown);
    this.counters.failed++;
    const record: FailureRecord = { path, code, message };
    (this.#report.failures ??= []).push(record);
    this.#count();
  }

  /** The run cannot go on. */
  fatal(path: ByteString, { code, message }: BlitError): void {
    this.#report.fatal ??= { code, message, path };
    this.flush();
  }

  socket(path: ByteString): void {
    (this.#report.sockets ??= []).push(path);
    this.#count();
  }

  extraneous(path: ByteString, names: ByteString[]): void {
    if (names.length === 0) return;
    (this.#report.extraneous ??= []).push({ path, names });
    this.#count();
  }

  /** A move leaves this entry where it is. */
  keepSource(path: ByteString): void {
    (this.#report.kept ??= []).push(path);
    this.#count();
  }

  blocked(path: ByteString, name: ByteString, kind: EntryKind): void {
    (this.#report.blocked ??= []).push({ path, name, kind });
    this.#count();
  }

  /** A mirror would delete one entry more. */
  planDeletion(): void {
    this.#report.plannedDeletions = (this.#report.plannedDeletions ?? 0) + 1;
    this.#count();
  }

  finalizeLater(path: ByteString): void {
    (this.#report.finalize ??= []).push(path);
    this.#count();
  }

  linkLater(link: DeferredLink): void {
    (this.#report.links ??= []).push(link);
    this.#count();
  }

  /** Sends what was collected. */
  flush(): void {
    if (this.#records === 0 && this.#report.fatal === undefined) return;
    const report = this.#report;
    this.#report = {};
    this.#records = 0;
    this.send(report);
  }

  #count(): void {
    if (++this.#records >= RECORDS_PER_REPORT) this.flush();
  }
}
