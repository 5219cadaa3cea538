/**
 * The totals of a daemon as metrics of Prometheus. Loading this module loads `prom-client`.
 *
 * @module
 */

import { Counter, Gauge, Registry } from "prom-client";
import { VERSION } from "../../core/version.ts";
import { PROTOCOL_NUMBER } from "../../core/wire/control/protocol.ts";
import type { Jobs } from "../jobs/jobs.ts";

/** Metrics that can be asked for. */
export interface Metrics {
  readonly contentType: string;
  /** All of them as text, as they are now. */
  render(): Promise<string>;
}

/** What a metric has to say at the moment: labels, and a number. */
type Sample = readonly [labels: Record<string, string>, value: number];

/** The metrics of a daemon. They are read from its jobs when somebody asks, so that nothing is counted twice. */
export function createMetrics(jobs: Jobs): Metrics {
  const { totals } = jobs;
  const registry = new Registry();
  const register = (kind: typeof Counter | typeof Gauge, name: string, help: string, read: () => Sample[]): void => {
    const samples = read();
    new kind({
      name: `blit_${name}`,
      help,
      labelNames: Object.keys(LABELS[name] ?? samples[0]?.[0] ?? {}),
      registers: [registry],
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.inc(labels, value);
      },
    });
  };
  const byRole = (what: "bytes" | "files") => (): Sample[] =>
    Object.entries(totals.moved).map(([role, moved]) => [{ role }, moved[what]]);
  register(Gauge, "build_info", "The program that runs: its version, and the number of its protocol", () => [
    [{ version: VERSION, protocol: String(PROTOCOL_NUMBER) }, 1],
  ]);
  register(
    Counter,
    "transfers_total",
    "Transfers that have ended, by verb, role of the client, and status",
    () => [...totals.ended].map(({ count, ...labels }) => [labels, count]),
  );
  register(Counter, "transferred_bytes_total", "Content written by transfers, in bytes", byRole("bytes"));
  register(Counter, "transferred_files_total", "Files whose content was written, complete", byRole("files"));
  register(
    Counter,
    "errors_total",
    "Entries that failed and errors that ended a transfer, by code",
    () => [...totals.errors].map(([code, count]) => [{ code }, count]),
  );
  register(Counter, "stalls_total", "Transfers that ended because nothing moved any more", () => [[{}, totals.stalls]]);
  register(Gauge, "active_jobs", "Transfers that go on", () => [[{}, jobs.active.length]]);
  register(
    Gauge,
    "data_streams",
    "Data streams of clients that are open, by what carries them",
    () => Object.entries(totals.streams).map(([carrier, open]) => [{ carrier }, open]),
  );
  return { contentType: registry.contentType, render: () => registry.metrics() };
}

/** The labels of metrics that may have nothing to say at first. */
const LABELS: Readonly<Record<string, Readonly<Record<string, true>>>> = {
  transfers_total: { verb: true, role: true, status: true },
  errors_total: { code: true },
};
