/**
 * One thread's share of a transfer: takes tasks from its scheduler and does them, synchronously.
 *
 * The same engine runs in every worker and, on the fast path, in slices on the main thread.
 *
 * @module
 */

import { BlitError, endsRun, toBlitError } from "../../errors.ts";
import { chooseFileSystem, type Directory, type FileSystem, type SourceDirectory, type Stat } from "../../fs/mod.ts";
import { type ByteString, displayPath } from "../../paths/bytes.ts";
import type { Filter } from "../../scan/filter.ts";
import { deleteEntries } from "../directories/delete_entries.ts";
import { finalizeDirectories } from "../directories/finalize_directory.ts";
import { HardLinks } from "../entries/hard_links.ts";
import { openDestination } from "./open_destination.ts";
import type { Job, Task } from "./job.ts";
import { linkDeferred } from "../entries/link_entry.ts";
import type { Outbox } from "./outbox.ts";
import { processDirectory, processNamedEntries } from "../directories/process_directory.ts";
import { copyRange, RangedFiles } from "../files/ranges.ts";
import { removeSource } from "../directories/remove_source.ts";
import type { RemoteSource } from "./remote_source.ts";
import { Scheduler } from "./scheduler.ts";
import type { SharedState } from "./shared_state.ts";
import type { Steps } from "./steps.ts";
import { TemporaryNames } from "../files/temporary.ts";

/**
 * Bytes of the copy buffer. Two workers copied 1 GiB on tmpfs and on ext4 fastest with 256 KiB: large enough to make calls
 * rare, small enough to stay in the cache between the read and the write.
 */
const BUFFER_BYTES = 256 * 1024;
/** Engines of a thread take turns, and none leaves anything in them between two turns. */
const scratch = new Uint8Array(BUFFER_BYTES);
const otherScratch = new Uint8Array(BUFFER_BYTES);

/** What an engine is created with. */
export interface EngineOptions {
  readonly job: Job;
  /** Made of the job's rules. */
  readonly filter: Filter;
  readonly outbox: Outbox;
  /** Index of this engine among those of the run. */
  readonly thread: number;
  /** Absent when this engine is the only one. */
  readonly shared?: SharedState;
  /** The source, where it is on another machine, so that the job has no path for it. */
  readonly remote?: RemoteSource;
  /** Called when this engine leaves a task to others; without it, it does everything itself. */
  readonly onLeave?: () => void;
}

/** Does tasks. Create one for each thread, and close it when the run has ended. */
export class Engine {
  readonly job: Job;
  readonly outbox: Outbox;
  readonly thread: number;
  readonly shared: SharedState | undefined;
  readonly fileSystem: FileSystem;
  readonly filter: Filter;
  readonly scheduler: Scheduler;
  readonly links: HardLinks;
  readonly ranged: RangedFiles;
  readonly temporaryNames = new TemporaryNames();
  /** A buffer of this thread; its content holds until the engine gives way. */
  readonly buffer: Uint8Array<ArrayBuffer> = scratch;
  /** The second buffer, for comparisons. */
  readonly otherBuffer: Uint8Array<ArrayBuffer> = otherScratch;
  /** Devices between which a reflink was refused; asking again would cost a call a file. */
  readonly noReflink: Set<number> = new Set();
  /** Directories that a dry run has reported because something below needs them. */
  readonly plannedDirectories: Set<ByteString> = new Set();
  /** What the roots are; a directory below that is one of them again would be copied into itself, or deleted with the source. */
  readonly sourceIdentity: Stat | undefined;
  readonly destinationIdentity: Stat | undefined;
  readonly #source: Directory | undefined;
  readonly remote: RemoteSource | undefined;
  #destination: Directory | undefined;
  readonly #onLeave: (() => void) | undefined;
  /** A task that is done in steps. */
  #begun: { readonly task: SteppedTask; readonly steps: Steps } | undefined;
  #stopped = false;
  #startedEarly = false;

  constructor({ job, filter, outbox, thread, shared, remote, onLeave }: EngineOptions) {
    this.#onLeave = onLeave;
    this.job = job;
    this.outbox = outbox;
    this.thread = thread;
    this.shared = shared;
    this.fileSystem = chooseFileSystem(job.fileSystem);
    this.filter = filter;
    this.scheduler = new Scheduler(shared, () => this.leave());
    this.links = new HardLinks(thread, shared);
    this.ranged = new RangedFiles(this);
    this.remote = remote;
    if (job.source !== undefined) this.#source = this.fileSystem.openRoot(job.source);
    this.#destination = openDestination(this.fileSystem, job);
    this.sourceIdentity = this.#source?.stat();
    this.destinationIdentity = this.#destination?.stat();
  }

  /** Whether the run is over, done or not. */
  get stopped(): boolean {
    return this.#stopped || (this.shared?.stopped ?? false);
  }

  /** Ends the run on this engine, and on all others of the run. */
  stop(): void {
    this.#stopped = true;
    this.shared?.stop();
  }

  /** Throws "interrupted" when the run is over, and otherwise gives a sign of life. Called between chunks of long work. */
  checkStopped(): void {
    this.shared?.giveSign(this.thread);
    if (this.stopped) throw new BlitError("interrupted", "Interrupted");
  }

  /**
   * Does one task, or a step of one that takes long; `false` when there is none left for anybody, or the run was stopped. May wait
   * for other engines.
   */
  step(): boolean {
    return this.#goOn() || this.#do(this.stopped ? undefined : this.scheduler.next());
  }

  /** The same with one of its own tasks, without ever waiting; `false` when it has none. */
  stepOwn(): boolean {
    return this.#goOn() || this.#do(this.stopped ? undefined : this.scheduler.nextOwn());
  }

  /** The same with one that is its own or on offer, without ever waiting; `false` when there is none at this moment. */
  stepReady(): boolean {
    return this.#goOn() || this.#do(this.stopped ? undefined : this.scheduler.nextReady());
  }

  /**
   * Does one task in the middle of another one, once, unless something has been copied already: in a directory of thousands of
   * directories the first byte would otherwise wait until all of them are created.
   */
  copySomethingEarly(): void {
    if (this.#startedEarly || this.outbox.counters.filesCopied > 0) return;
    this.#startedEarly = true;
    this.stepOwn();
  }

  /** Leaves a task to workers, where this engine has signals and timers to look after; `false` when it has to do it itself. */
  leaveToWorkers(task: Task): boolean {
    if (this.#onLeave === undefined || !this.scheduler.leave(task)) return false;
    this.#onLeave();
    return true;
  }

  #do(task: Task | undefined): boolean {
    if (task === undefined) return false;
    if (task.kind === "delete" || task.kind === "finalize") {
      this.#begun = { task, steps: this.#begin(task) };
      return this.#goOn();
    }
    try {
      this.#run(task);
    } catch (error) {
      this.handleFailure(pathOf(task), error);
    } finally {
      this.publish();
      this.scheduler.done(task);
    }
    return true;
  }

  #begin(task: SteppedTask): Steps {
    return task.kind === "delete"
      ? deleteEntries(this, task.path, task.names, task.countOnly)
      : finalizeDirectories(this, task.paths);
  }

  /** Does a step of the task that has begun; `false` when none has. */
  #goOn(): boolean {
    if (this.#begun === undefined) return false;
    const { task, steps } = this.#begun;
    let done: boolean | undefined = true;
    try {
      done = steps.next().done;
    } catch (error) {
      this.handleFailure(pathOf(task), error);
    }
    this.publish();
    if (!done) return true;
    this.#begun = undefined;
    this.scheduler.done(task);
    return true;
  }

  /** Makes counters visible and sends what was collected. */
  publish(): void {
    this.shared?.publishCounters(this.thread, this.outbox.counters);
    this.outbox.flush();
  }

  /** Says which directory this engine is at. */
  enter(path: ByteString): void {
    this.shared?.publishPath(this.thread, path);
    this.at("" as ByteString);
  }

  /** Says that it is nowhere: it waits, or has nothing to do. */
  leave(): void {
    this.shared?.publishPath(this.thread, "");
    this.shared?.publishName(this.thread, "");
  }

  /** Says which entry of that directory this engine is at, which is a sign of life as well. */
  at(name: ByteString): void {
    this.shared?.publishName(this.thread, name);
    this.shared?.giveSign(this.thread);
  }

  /** Does something that takes as long as the disk needs for everything that is cached. */
  inSlowCall(run: () => void): void {
    this.shared?.setInSlowCall(this.thread, true);
    try {
      run();
    } finally {
      this.shared?.setInSlowCall(this.thread, false);
    }
  }

  /** Opens a directory of the source by its path from the root. */
  openSource(path: ByteString): SourceDirectory {
    return this.remote === undefined ? this.#source!.openDirectory(path) : this.remote.openDirectory(path);
  }

  /** Has the metadata of a directory set once more at the end. */
  finalizeLater(path: ByteString): void {
    this.remote?.keepDirectory(path);
    this.outbox.finalizeLater(path);
  }

  /** Opens a directory of the destination by its path from the root. */
  openDestination(path: ByteString): Directory {
    if (this.#destination === undefined) {
      throw new BlitError(
        "not-found",
        `Cannot open directory "${displayPath("", path)}": the destination does not exist`,
      );
    }
    return this.#destination.openDirectory(path);
  }

  /**
   * Records that something failed, and goes on. What would fail everywhere ends the run instead; an interruption is no
   * failure.
   */
  handleFailure(path: ByteString, thrown: unknown): void {
    let error = toBlitError(thrown);
    if (error.code === "interrupted" && this.stopped) return;
    if (error.code === "not-found" && this.#destinationIsGone()) error = destinationGone(this.job);
    else if (!endsRun(error.code)) return this.outbox.failure(path, error);
    this.outbox.fatal(path, error);
    this.stop();
  }

  /** Whether the directory that receives has been removed under our feet. */
  #destinationIsGone(): boolean {
    try {
      return this.#destination?.stat().nlink === 0;
    } catch {
      return true; // it was there when the run began
    }
  }

  /** Ends a phase: every task is done or the run was stopped. Leaves no temporary file behind. */
  endPhase(): void {
    this.scheduler.clear();
    this.#begun = undefined;
    this.ranged.release();
    this.publish();
    this.leave();
  }

  close(): void {
    this.ranged.release();
    this.#source?.close();
    this.#destination?.close();
  }

  /** Nothing may be removed from the source when its copies may not be on disk. */
  #flush(): void {
    try {
      this.inSlowCall(() => this.#destination?.flush());
    } catch (error) {
      this.outbox.fatal("" as ByteString, toBlitError(error));
      this.stop();
    }
  }

  #run(task: Exclude<Task, SteppedTask>): void {
    switch (task.kind) {
      case "directory":
        return processDirectory(this, task.path, task.destination);
      case "entries":
        return processNamedEntries(this, task.path, task.destination, task.names);
      case "range":
        return copyRange(this, task);
      case "links":
        return linkDeferred(this, task.links);
      case "flush":
        return this.#flush();
      case "remove-source":
        return removeSource(this, new Set(task.except));
    }
  }
}

/** What one engine does alone, however long it takes. */
type SteppedTask = Extract<Task, { kind: "delete" | "finalize" }>;

function destinationGone({ destination = "" }: Job): BlitError {
  return new BlitError("io", `Cannot go on: the destination "${destination}" is gone`, { path: destination });
}

function pathOf(task: Task): ByteString {
  return "path" in task ? task.path : "" as ByteString;
}
