/**
 * Reading `/proc` for the memory and the processor time of a process and its children.
 *
 * @module
 */

/** Peak resident bytes from the text of `/proc/PID/status`; `undefined` for a zombie, which has none any more. */
export function parsePeakBytes(status: string): number | undefined {
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(status);
  return match === null ? undefined : Number(match[1]) * 1024;
}

// `/proc` counts in units of USER_HZ, which is 100 a second on every 64-bit Linux.
const TICK_MS = 10;

/**
 * User and system time in milliseconds from the text of `/proc/PID/stat`: of the process with all its threads, and of
 * the children that it has waited for.
 */
export function parseProcessCpuMs(stat: string): number {
  // The name may hold spaces and parentheses; what follows it starts with field 3.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * TICK_MS;
}

/** {@linkcode parseProcessCpuMs} of a process that runs; 0 once it has ended. */
export function readProcessCpuMs(pid: number): number {
  const stat = readProc(`/proc/${pid}/stat`);
  return stat === undefined ? 0 : parseProcessCpuMs(stat);
}

/** Whether a thread of a process runs, could run, or waits for a disk. */
export function isWorking(pid: number): boolean {
  return listThreads(pid).some((thread) => {
    const stat = readProc(`/proc/${pid}/task/${thread}/stat`) ?? "";
    return /^[RD]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  });
}

function listThreads(pid: number): string[] {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) => name);
  } catch {
    return []; // it has ended
  }
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
