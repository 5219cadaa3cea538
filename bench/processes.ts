/**
 * Reading `/proc` for the memory of a process and its children.
 *
 * @module
 */

/** Peak resident bytes from the text of `/proc/PID/status`; `undefined` for a zombie, which has none any more. */
export function parsePeakBytes(status: string): number | undefined {
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(status);
  return match === null ? undefined : Number(match[1]) * 1024;
}

/** A process and everything it started that still runs, parents first. */
export function listProcessTree(pid: number): number[] {
  const tree = [pid];
  for (const parent of tree) {
    const children = readProc(`/proc/${parent}/task/${parent}/children`) ?? "";
    tree.push(...children.split(" ").filter((text) => text !== "").map(Number));
  }
  return tree;
}

/**
 * Peak memory of a process tree, by polling.
 *
 * `VmHWM` is the kernel's own high-water mark, so that polling misses no peak in between, only what happens between
 * the last poll and the end of the process.
 */
export class MemoryWatch {
  readonly #pid: number;
  readonly #peaks = new Map<number, number>();
  readonly #timer: ReturnType<typeof setInterval>;

  /** Starts polling; {@linkcode MemoryWatch.stop} ends it. */
  constructor(pid: number) {
    this.#pid = pid;
    this.poll();
    // 10 ms: about 0.1 ms of work each time, which is 1% of one core.
    this.#timer = setInterval(() => this.poll(), 10);
  }

  /** Looks once. */
  poll(): void {
    for (const pid of listProcessTree(this.#pid)) {
      const peak = parsePeakBytes(readProc(`/proc/${pid}/status`) ?? "");
      // The last value counts: a child that was just forked shows its parent's memory until it runs its own program.
      if (peak !== undefined) this.#peaks.set(pid, peak);
    }
  }

  /** Ends polling. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** Peak of the largest process, in bytes; 0 when nothing was seen. */
  get largestBytes(): number {
    return Math.max(0, ...this.#peaks.values());
  }

  /** Sum of the peaks of all processes. An upper bound: peaks at different times and shared pages add up. */
  get sumBytes(): number {
    return [...this.#peaks.values()].reduce((sum, peak) => sum + peak, 0);
  }
}

function readProc(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    // The process has ended, which is the usual end of looking at it.
    return undefined;
  }
}
