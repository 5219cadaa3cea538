/**
 * Memory that all threads of a run share: the stop flag, the pool of tasks to take over, the counters, the slots of large
 * files, and which thread has seen the first name of a hard-linked file.
 *
 * Workers never wait for messages while they work; all that must be known at once is here. The layout is fixed when the run
 * starts. Memory that is never touched costs nothing.
 *
 * @module
 */

import { type Counters, zeroCounters } from "../../events.ts";

/** Threads that one state can serve: the most workers that may be asked for, and the main thread. */
export const MAX_THREADS = 65;
/** Large files that can be in work at once; a further one is copied by a single engine. */
export const RANGE_SLOTS = 64;
/** Room for tasks on offer. A batch of a thousand names takes about 40 KB. */
const POOL_BYTES = 4 << 20;
/** Hard-linked files that threads can agree on without a message: 16 bytes each. */
const LINK_SLOTS = 1 << 20;
/** Readable bytes of the directory that a thread is at. */
const PATH_BYTES = 1024;
/** Readable bytes of the entry that a thread is at: the longest name, and its length. */
const NAME_BYTES = 256;

const counterNames = Object.keys(zeroCounters()) as (keyof Counters)[];

/** Positions of the single numbers. */
const CELL = {
  stop: 0,
  outstanding: 1,
  idle: 2,
  signal: 3,
  poolLock: 4,
  poolLength: 5,
  linkLock: 6,
  messages: 7,
  confirmedMessages: 8,
  scanning: 9,
  ready: 10,
  started: 11,
  count: 12,
} as const;

/** What a look at the engines shows. */
export interface Vitals {
  /** A number that stays the same as long as nothing moves. */
  readonly signs: number;
  /** An engine is in a call that takes as long as the disk needs for everything that is cached. */
  readonly inSlowCall: boolean;
  /** Workers are starting, which on a busy machine takes its time. */
  readonly isStarting?: boolean;
}

/** Views on the shared memory of a run. */
export class SharedState implements Vitals {
  readonly cells: Int32Array;
  /** Ranges that are not done, by slot. */
  readonly rangesLeft: Int32Array;
  /** Whether a range of the slot's file has failed. */
  readonly rangesFailed: Int32Array;
  readonly pool: Uint8Array;
  readonly links: Uint32Array;
  readonly #counters: Float64Array;
  readonly #paths: Uint8Array;
  readonly #names: Uint8Array;
  readonly #signs: Int32Array;
  readonly #inSlowCall: Int32Array;

  constructor(readonly buffer: SharedArrayBuffer = new SharedArrayBuffer(SharedState.byteLength)) {
    let offset = 0;
    const take = (bytes: number): number => (offset += bytes) - bytes;
    this.#counters = new Float64Array(
      buffer,
      take(MAX_THREADS * counterNames.length * 8),
      MAX_THREADS * counterNames.length,
    );
    this.cells = new Int32Array(buffer, take(64), CELL.count);
    this.rangesLeft = new Int32Array(buffer, take(RANGE_SLOTS * 4), RANGE_SLOTS);
    this.rangesFailed = new Int32Array(buffer, take(RANGE_SLOTS * 4), RANGE_SLOTS);
    this.#paths = new Uint8Array(buffer, take(MAX_THREADS * PATH_BYTES), MAX_THREADS * PATH_BYTES);
    this.#names = new Uint8Array(buffer, take(MAX_THREADS * NAME_BYTES), MAX_THREADS * NAME_BYTES);
    this.#signs = new Int32Array(buffer, take(MAX_THREADS * 4), MAX_THREADS);
    this.#inSlowCall = new Int32Array(buffer, take(MAX_THREADS * 4), MAX_THREADS);
    this.pool = new Uint8Array(buffer, take(POOL_BYTES), POOL_BYTES);
    this.links = new Uint32Array(buffer, take(LINK_SLOTS * 16), LINK_SLOTS * 4);
  }

  static readonly byteLength = MAX_THREADS * (counterNames.length * 8 + PATH_BYTES + NAME_BYTES + 8) + 64 +
    RANGE_SLOTS * 8 +
    POOL_BYTES +
    LINK_SLOTS * 16;

  /** Ends all work soon. */
  stop(): void {
    Atomics.store(this.cells, CELL.stop, 1);
    this.wakeAll();
  }

  get stopped(): boolean {
    return Atomics.load(this.cells, CELL.stop) !== 0;
  }

  /** Adds to the number of tasks that are not done, on whichever thread they are. */
  addOutstanding(count: number): void {
    if (Atomics.add(this.cells, CELL.outstanding, count) + count === 0) this.wakeAll();
  }

  get outstanding(): number {
    return Atomics.load(this.cells, CELL.outstanding);
  }

  /** A worker runs; it has not opened anything yet. */
  addStarted(): void {
    Atomics.add(this.cells, CELL.started, 1);
  }

  /** Workers that run. */
  get started(): number {
    return Atomics.load(this.cells, CELL.started);
  }

  /** A worker has started and takes tasks. */
  addReady(): void {
    Atomics.add(this.cells, CELL.ready, 1);
  }

  /** Workers that have started. */
  get ready(): number {
    return Atomics.load(this.cells, CELL.ready);
  }

  /** Adds to the number of tasks that still read directories. */
  addScanning(count: number): void {
    Atomics.add(this.cells, CELL.scanning, count);
  }

  /** Whether every directory has been read. */
  get scanComplete(): boolean {
    return Atomics.load(this.cells, CELL.scanning) === 0;
  }

  /** Whether a thread waits for work that nobody has put on offer yet. */
  get wantsWork(): boolean {
    return Atomics.load(this.cells, CELL.idle) > 0 && Atomics.load(this.cells, CELL.poolLength) === 0;
  }

  /** Whether a thread waits for work. */
  get hasIdle(): boolean {
    return Atomics.load(this.cells, CELL.idle) > 0;
  }

  /** A sign of life of a thread, which nobody else writes for it: an entry, or a piece of one, is done. */
  giveSign(thread: number): void {
    this.#signs[thread]++;
  }

  /** A number that stays the same as long as no thread gives a sign of life. */
  get signs(): number {
    let sum = 0;
    for (let thread = 0; thread < MAX_THREADS; thread++) sum = (sum + Atomics.load(this.#signs, thread)) | 0;
    return sum;
  }

  /** Says that a thread is in a call that writes out what is cached, which takes as long as the disk needs. */
  setInSlowCall(thread: number, isSlow: boolean): void {
    Atomics.store(this.#inSlowCall, thread, isSlow ? 1 : 0);
  }

  /** Whether any thread is in such a call. */
  get inSlowCall(): boolean {
    return this.#inSlowCall.some((flag) => flag !== 0);
  }

  /** Waits until something was put on offer, all is done or stopped, or 100 ms have passed. */
  waitForWork(): void {
    const seen = Atomics.load(this.cells, CELL.signal);
    if (this.#needsNoWait) return;
    Atomics.add(this.cells, CELL.idle, 1);
    Atomics.wait(this.cells, CELL.signal, seen, 100);
    Atomics.sub(this.cells, CELL.idle, 1);
  }

  /** The same for a thread that must not block. */
  async waitForWorkWithoutBlocking(): Promise<void> {
    const seen = Atomics.load(this.cells, CELL.signal);
    if (this.#needsNoWait) return;
    Atomics.add(this.cells, CELL.idle, 1);
    await Atomics.waitAsync(this.cells, CELL.signal, seen, 20).value;
    Atomics.sub(this.cells, CELL.idle, 1);
  }

  get #needsNoWait(): boolean {
    return this.outstanding === 0 || this.stopped || Atomics.load(this.cells, CELL.poolLength) > 0;
  }

  wakeAll(): void {
    Atomics.add(this.cells, CELL.signal, 1);
    Atomics.notify(this.cells, CELL.signal);
  }

  /** Puts one encoded task on offer; `false` when there is no room. */
  offer(task: Uint8Array): boolean {
    return this.#locked(CELL.poolLock, () => {
      const length = this.cells[CELL.poolLength];
      const end = length + task.length + 4;
      if (end > this.pool.length) return false;
      this.pool.set(task, length);
      writeLength(this.pool, end - 4, task.length);
      Atomics.store(this.cells, CELL.poolLength, end);
      this.wakeAll();
      return true;
    });
  }

  /** Takes the task that was offered last. */
  take(): Uint8Array | undefined {
    if (Atomics.load(this.cells, CELL.poolLength) === 0) return undefined;
    return this.#locked(CELL.poolLock, () => {
      const end = this.cells[CELL.poolLength];
      if (end === 0) return undefined;
      const length = readLength(this.pool, end - 4);
      const start = end - 4 - length;
      const task = this.pool.slice(start, end - 4);
      Atomics.store(this.cells, CELL.poolLength, start);
      return task;
    });
  }

  /**
   * Claims the first name of a file for a thread. Returns the thread that has it, which is the caller's own when the file is
   * new, or `undefined` when the table is full.
   */
  claimLink(
    dev: number,
    inoHigh: number,
    inoLow: number,
    thread: number,
  ): { owner: number; isNew: boolean } | undefined {
    return this.#locked(CELL.linkLock, () => {
      const links = this.links;
      const device = dev >>> 0;
      let slot = Math.imul(inoLow ^ Math.imul(inoHigh, 31) ^ Math.imul(device, 0x9e3779b1), 0x85ebca6b) >>> 12;
      for (let tries = 0; tries < 64; tries++, slot = (slot + 1) & (LINK_SLOTS - 1)) {
        const at = slot * 4;
        if (links[at + 3] === 0) {
          links.set([inoLow, inoHigh, device, thread + 1], at);
          return { owner: thread, isNew: true };
        }
        if (links[at] === inoLow && links[at + 1] === inoHigh && links[at + 2] === device) {
          return { owner: links[at + 3] - 1, isNew: false };
        }
      }
      return undefined;
    });
  }

  /** Takes a free slot for a file of `ranges` ranges; `undefined` when all are in use. */
  takeRangeSlot(ranges: number): number | undefined {
    for (let slot = 0; slot < RANGE_SLOTS; slot++) {
      if (Atomics.compareExchange(this.rangesLeft, slot, 0, ranges) === 0) {
        Atomics.store(this.rangesFailed, slot, 0);
        return slot;
      }
    }
    return undefined;
  }

  /** Makes a thread's counters visible to the others. */
  publishCounters(thread: number, counters: Counters): void {
    let at = thread * counterNames.length;
    for (const name of counterNames) this.#counters[at++] = counters[name];
  }

  /** The counters of all threads, added up. */
  sumCounters(): Counters {
    const sum = zeroCounters();
    for (let at = 0; at < this.#counters.length; at += counterNames.length) {
      counterNames.forEach((name, i) => sum[name] += this.#counters[at + i]);
    }
    return sum;
  }

  /** Says where a thread is, cut to what fits. */
  publishPath(thread: number, path: string): void {
    const start = thread * PATH_BYTES;
    const length = Math.min(path.length, PATH_BYTES - 1);
    for (let i = 0; i < length; i++) this.#paths[start + i] = path.charCodeAt(i);
    this.#paths[start + length] = 0;
  }

  /** Says which entry of that directory a thread is at. */
  publishName(thread: number, name: string): void {
    const start = thread * NAME_BYTES;
    const length = Math.min(name.length, NAME_BYTES - 1);
    for (let i = 0; i < length; i++) this.#names[start + 1 + i] = name.charCodeAt(i);
    this.#names[start] = length;
  }

  /** Where a thread is, as bytes; empty when it has not said or waits for work. */
  pathOf(thread: number): string {
    const bytes = this.#paths.slice(thread * PATH_BYTES, (thread + 1) * PATH_BYTES);
    const path = String.fromCharCode(...bytes.subarray(0, Math.max(0, bytes.indexOf(0))));
    const start = thread * NAME_BYTES + 1;
    const name = String.fromCharCode(...this.#names.slice(start, start + this.#names[start - 1]));
    return path === "" || name === "" ? path + name : `${path}/${name}`;
  }

  /** Where some thread is that does not wait for work. */
  somePath(): string {
    for (let thread = 0; thread < MAX_THREADS; thread++) {
      const path = this.pathOf(thread);
      if (path !== "") return path;
    }
    return "";
  }

  /** Counts a message to the main thread; waits while more than `limit` are unread, so that none can pile up. */
  awaitMessageRoom(limit: number): void {
    const sent = Atomics.add(this.cells, CELL.messages, 1) + 1;
    for (;;) {
      const confirmed = Atomics.load(this.cells, CELL.confirmedMessages);
      if (sent - confirmed <= limit || this.stopped) return;
      Atomics.wait(this.cells, CELL.confirmedMessages, confirmed, 1000);
    }
  }

  /** The main thread has dealt with a message. */
  confirmMessage(): void {
    Atomics.add(this.cells, CELL.confirmedMessages, 1);
    Atomics.notify(this.cells, CELL.confirmedMessages);
  }

  #locked<T>(lock: number, run: () => T): T {
    while (Atomics.compareExchange(this.cells, lock, 0, 1) !== 0) Atomics.wait(this.cells, lock, 1, 1);
    try {
      return run();
    } finally {
      Atomics.store(this.cells, lock, 0);
      Atomics.notify(this.cells, lock, 1);
    }
  }
}

function writeLength(bytes: Uint8Array, at: number, length: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = length >>> (8 * i);
}

function readLength(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}
