/**
 * One run as a line of the history.
 *
 * @module
 */

import type { Route, TransferSummary, Verb } from "../events.ts";
import type { DeviceClass, FileSystemProfile } from "../fs/volume.ts";

/** Version of the record. It grows when a field changes its meaning or goes away, not when one is added. */
export const RUN_SCHEMA_VERSION = 1;

/** What is kept of a run: amounts and times. There is no field for a path or a name, and none may be added. */
export interface RunRecord {
  readonly schema: typeof RUN_SCHEMA_VERSION;
  /** The start in UTC to the second, such as `2026-01-31T12:00:00Z`; see {@linkcode runTime}. */
  readonly time: string;
  readonly verb: Verb;
  readonly route: Route;
  /** The implementation that was used. */
  readonly fileSystem: "native" | "portable";
  readonly source: FileSystemProfile;
  readonly destination: FileSystemProfile;
  /** Source and destination are on one device. */
  readonly sameDevice: boolean;
  /** Contents were read to compare them. */
  readonly checksum: boolean;
  /** Files whose content was copied or compared. */
  readonly files: number;
  /** Their size. */
  readonly bytes: number;
  /** Entries of the source that were looked at, directories included. */
  readonly entries: number;
  /** From the start until copying could begin. */
  readonly planningMs: number;
  /** From there to the end. */
  readonly copyingMs: number;
  /** 0 means the main thread. */
  readonly workers: number;
  /** Times that the run stood still for too long. */
  readonly stalls: number;
  /** Entries that failed. */
  readonly failures: number;
}

/** What a record needs besides the summary. */
export interface RecordOfOptions {
  /** Contents were read to compare them. */
  readonly checksum: boolean;
  /** The run ended because nothing moved. */
  readonly stalled: boolean;
  readonly endedAt: Date;
}

/** The record of a run. */
export function recordOf(summary: TransferSummary, { checksum, stalled, endedAt }: RecordOfOptions): RunRecord {
  const { verb, route, fileSystem, volumes, planningMs, elapsedMs, workers } = summary;
  const compares = verb === "verify";
  return {
    schema: RUN_SCHEMA_VERSION,
    time: runTime(new Date(endedAt.getTime() - elapsedMs)),
    verb,
    route,
    fileSystem,
    ...volumes,
    checksum,
    files: compares ? summary.entriesFound : summary.filesCopied,
    bytes: compares ? summary.bytesFound : summary.bytesCopied,
    entries: summary.entriesFound,
    planningMs,
    copyingMs: elapsedMs - planningMs,
    workers,
    stalls: stalled ? 1 : 0,
    failures: summary.failed,
  };
}

/** What a line of the history is. */
export type ParsedLine =
  | { readonly kind: "run"; readonly run: RunRecord }
  | { readonly kind: "newer" } // written by a later version of Blit
  | { readonly kind: "damaged" };

const verbs: readonly string[] = ["copy", "mirror", "move", "verify"] satisfies Verb[];
const routes: readonly string[] = ["rename", "fast", "large-file", "streaming", "remote"] satisfies Route[];
const devices: readonly string[] = ["memory", "ssd", "rotational", "network", "unknown"] satisfies DeviceClass[];
const counts = ["files", "bytes", "entries", "workers", "stalls", "failures"] as const;
const times = ["planningMs", "copyingMs"] as const;

/** No slash, no space: what is in this form is the type of a file system and no path. */
const FILE_SYSTEM_TYPE = /^[\w.+-]{1,32}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** A moment as records tell it. */
export function runTime(moment: Date): string {
  return `${moment.toISOString().slice(0, 19)}Z`;
}

/**
 * The line for a record, with a line break at its end; `undefined` for a record that {@linkcode parseRun} would not take.
 * Only the fields of the schema are written, whatever else the object holds; times are rounded to a microsecond, and a type
 * of file system that is no plain word becomes `unknown`.
 */
export function formatRun(record: RunRecord): string | undefined {
  const plain = { ...record, source: plainProfile(record.source), destination: plainProfile(record.destination) };
  const run = toRun(plain as unknown as Record<string, unknown>);
  return run === undefined ? undefined : `${JSON.stringify(run)}\n`;
}

/** Reads one line. Fields that the schema does not know are left out. Never throws. */
export function parseRun(line: string): ParsedLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { kind: "damaged" }; // that is the answer
  }
  if (!isObject(value)) return { kind: "damaged" };
  if (isCount(value.schema) && value.schema > RUN_SCHEMA_VERSION) return { kind: "newer" };
  const run = toRun(value);
  return run === undefined ? { kind: "damaged" } : { kind: "run", run };
}

/** The fields of the schema, or `undefined` when one is missing or is no value for it. */
function toRun(value: Record<string, unknown>): RunRecord | undefined {
  const { schema, time, verb, route, fileSystem, sameDevice, checksum } = value;
  const source = toProfile(value.source);
  const destination = toProfile(value.destination);
  const valid = schema === RUN_SCHEMA_VERSION && typeof time === "string" && TIME.test(time) &&
    verbs.includes(verb as string) && routes.includes(route as string) && isImplementation(fileSystem) &&
    typeof sameDevice === "boolean" && typeof checksum === "boolean" && source !== undefined &&
    destination !== undefined &&
    counts.every((name) => isCount(value[name])) && times.every((name) => isDuration(value[name]));
  if (!valid) return undefined;
  const { files, bytes, entries, workers, stalls, failures, planningMs, copyingMs } = value as unknown as RunRecord;
  return {
    schema,
    time,
    verb: verb as Verb,
    route: route as Route,
    fileSystem,
    source,
    destination,
    sameDevice,
    checksum,
    files,
    bytes,
    entries,
    planningMs: toMicrosecond(planningMs),
    copyingMs: toMicrosecond(copyingMs),
    workers,
    stalls,
    failures,
  };
}

function toProfile(value: unknown): FileSystemProfile | undefined {
  if (!isObject(value)) return undefined;
  const { type, device } = value;
  if (typeof type !== "string" || !FILE_SYSTEM_TYPE.test(type) || !devices.includes(device as string)) return undefined;
  return { type, device: device as DeviceClass };
}

function plainProfile({ type, device }: FileSystemProfile): FileSystemProfile {
  return { type: FILE_SYSTEM_TYPE.test(type) ? type : "unknown", device };
}

function toMicrosecond(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function isImplementation(value: unknown): value is "native" | "portable" {
  return value === "native" || value === "portable";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Up to 300 years, so that rounding and adding stay exact enough. */
function isDuration(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value < 1e13;
}
