/**
 * A command line without a terminal, for tests: what is printed is collected, input and signals are made up.
 *
 * @module
 */

import { type Counters, type TransferEvent, type TransferSummary, zeroCounters } from "../core/events.ts";
import type { Io } from "./io.ts";
import { TextWriter } from "./text_writer.ts";

/** What a test decides about the surroundings. */
export interface TestIoOptions {
  /** What can be read from standard input, read by read. */
  input?: readonly string[];
  /** Whether all three streams are a terminal, of 100 columns and 30 rows. */
  terminal?: boolean;
  /** Whether that can draw things again. @default true */
  canRedraw?: boolean;
  platform?: Io["platform"];
  /** After how many writes standard output fails. */
  stdoutWrites?: number;
  /** How it fails then. @default its reader has gone away */
  stdoutError?: Error;
}

/** An {@linkcode Io} that remembers. */
export interface TestIo extends Io {
  /** Everything printed on standard output so far. */
  readonly out: () => Promise<string>;
  /** Everything printed on standard error so far. */
  readonly err: () => Promise<string>;
  readonly exits: number[];
  /** Delivers a signal. */
  readonly send: (name: Deno.Signal) => void;
  /** How many signal handlers are installed. */
  readonly handlers: () => number;
}

/** Creates surroundings for one command line. */
export function createTestIo(options: TestIoOptions = {}): TestIo {
  const { input = [], terminal = false, canRedraw = true, platform = "unix", stdoutWrites = Infinity } = options;
  const { stdoutError = new Deno.errors.BrokenPipe("nobody reads") } = options;
  const reads = [...input];
  const [stdout, out] = createCapture(terminal, stdoutWrites, stdoutError);
  const [stderr, err] = createCapture(terminal, Infinity, stdoutError);
  const handlers = new Map<Deno.Signal, () => void>();
  const exits: number[] = [];
  return {
    stdin: { isTerminal: () => terminal, read: (buffer) => Promise.resolve(fill(buffer, reads.shift())) },
    stdout,
    stderr,
    platform,
    canRedraw,
    columns: () => terminal ? 100 : undefined,
    rows: () => terminal ? 30 : undefined,
    onSignal: (name, handler) => handlers.set(name, handler),
    offSignal: (name) => handlers.delete(name),
    closeDebugger: () => {},
    exit: (status) => exits.push(status),
    out,
    err,
    exits,
    send: (name) => handlers.get(name)?.(),
    handlers: () => handlers.size,
  };
}

/** A summary in which nothing happened, except for what the test says. */
export function createSummary(changes: Partial<TransferSummary> = {}): TransferSummary {
  return {
    ...zeroCounters(),
    verb: "copy",
    status: "done",
    source: "src",
    destination: "dst",
    dryRun: false,
    route: "streaming",
    routeReason: "more than 8 files",
    workers: 2,
    fileSystem: "native",
    volumes: {
      source: { type: "ext4", device: "ssd" },
      destination: { type: "ext4", device: "ssd" },
      sameDevice: true,
    },
    planningMs: 5,
    elapsedMs: 1500,
    failures: [],
    notices: [],
    ...changes,
  };
}

/** A progress event at a time. */
export function createProgressEvent(
  timeMs: number,
  counters: Partial<Counters>,
  scanComplete = false,
): Extract<TransferEvent, { type: "progress" }> {
  return { type: "progress", sequence: 1, timeMs, currentPath: "a", scanComplete, ...zeroCounters(), ...counters };
}

function createCapture(terminal: boolean, writes: number, error: Error): [TextWriter, () => Promise<string>] {
  const decoder = new TextDecoder();
  let text = "";
  const writer = new TextWriter({
    isTerminal: () => terminal,
    write(bytes) {
      if (writes-- <= 0) return Promise.reject(error);
      text += decoder.decode(bytes, { stream: true });
      return Promise.resolve(bytes.length);
    },
  }, { delayMs: 0 });
  return [writer, async () => (await writer.flush(), text)];
}

function fill(buffer: Uint8Array, text: string | undefined): number | null {
  if (text === undefined) return null;
  return new TextEncoder().encodeInto(text, buffer).written;
}
