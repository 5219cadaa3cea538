/**
 * Measuring one run of one program.
 *
 * @module
 */

import { type Command, firstLine } from "./commands.ts";
import { readChildrenCpuMs } from "./cpu.ts";
import { listProcessTree, MemoryWatch } from "./processes.ts";
import type { Choice } from "./runner.ts";

/** What one run took. */
export interface Measurement {
  /** From just before the start of the program to the notice of its end. */
  wallMs: number;
  /** Peak resident memory of its largest process. */
  peakBytes: number;
  /** Sum of the peaks of its processes. */
  peakSumBytes: number;
  /** User and system time of all its processes; absent where the system library does not tell. */
  cpuMs?: number;
  /** User and system time of the server that it worked with, in whole hundredths of a second. */
  serverCpuMs?: number;
  /** Until the first file with content was seen below {@linkcode MeasureOptions.watchDirectory}. */
  firstByteMs?: number;
  /** How Blit carried it out, where that was asked. */
  choice?: Choice;
  /** Why the run does not count. */
  problem?: string;
}

/** Options of {@linkcode measure}. */
export interface MeasureOptions {
  /** Stops the program and everything it started; the promise then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Directory to watch for the first byte. */
  watchDirectory?: string;
  /** Added to the environment. */
  env?: Record<string, string>;
}

/** Runs a program to its end, and no other at the same time. A failure of the program is a `problem`, not an exception. */
export async function measure(command: Command, options: MeasureOptions = {}): Promise<Measurement> {
  const { signal, watchDirectory, env } = options;
  signal?.throwIfAborted();
  const ended = new AbortController();
  const cpuStartMs = readChildrenCpuMs();
  const startMs = performance.now();
  const child = new Deno.Command(command.program, {
    args: [...command.args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    env,
  }).spawn();
  const stop = () => killTree(child.pid);
  signal?.addEventListener("abort", stop, { once: true });
  const memory = new MemoryWatch(child.pid);
  const firstByte = watchDirectory === undefined ? undefined : waitForContent(watchDirectory, ended.signal);
  const stderr = new Response(child.stderr).text();
  try {
    const status = await child.status;
    const wallMs = performance.now() - startMs;
    const cpuEndMs = readChildrenCpuMs();
    ended.abort();
    signal?.throwIfAborted();
    const seenMs = await firstByte;
    return {
      wallMs,
      peakBytes: memory.largestBytes,
      peakSumBytes: memory.sumBytes,
      ...(cpuStartMs === undefined || cpuEndMs === undefined ? {} : { cpuMs: cpuEndMs - cpuStartMs }),
      ...(seenMs === undefined ? {} : { firstByteMs: seenMs - startMs }),
      ...(status.success ? {} : { problem: firstLine(await stderr, status.code) }),
    };
  } finally {
    memory.stop();
    ended.abort();
    signal?.removeEventListener("abort", stop);
    await stderr;
  }
}

/** When the first file with content was there, on the clock of `performance.now()`; looks every millisecond. */
async function waitForContent(directory: string, ended: AbortSignal): Promise<number | undefined> {
  while (!ended.aborted) {
    if (holdsContent(directory)) return performance.now();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return undefined;
}

/** Whether any file below a directory has a size, under whatever name. */
export function holdsContent(directory: string): boolean {
  try {
    for (const entry of Deno.readDirSync(directory)) {
      const path = `${directory}/${entry.name}`;
      if (entry.isDirectory ? holdsContent(path) : Deno.lstatSync(path).size > 0) return true;
    }
  } catch {
    // Not there yet, or renamed while we looked: the next look sees it.
  }
  return false;
}

/** Ends a program that this process started and everything below it. */
function killTree(pid: number): void {
  for (const member of listProcessTree(pid)) {
    try {
      Deno.kill(member, "SIGTERM");
    } catch {
      // It has ended by itself.
    }
  }
}
