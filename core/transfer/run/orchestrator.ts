/**
 * A run from its arguments to its summary, on the main thread.
 *
 * ```text
 * resolve the roots, look whether the run is safe, choose a route
 * transfer        directories, files, links of one engine
 * links           names whose first name another engine had
 * deletions       a mirror, after a complete scan: count, ask, delete, then what was blocked
 * finalize        directories whose time or mode had to wait
 * remove source   a move, after everything is on disk
 * ```
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import { type Counters, EVENT_SCHEMA_VERSION, type EventBody, type RunStatus } from "../../events.ts";
import type { TransferSummary, Verb } from "../../events.ts";
import { chooseFileSystem, type FileSystem } from "../../fs/mod.ts";
import { asByteString, type ByteString, joinBytes } from "../../paths/bytes.ts";
import type { RouteChoice } from "../../plan/route.ts";
import type { Lane } from "../../wire/mod.ts";
import { checkOptions, type MirrorOptions } from "../options.ts";
import type { Executor } from "../threads/executor.ts";
import type { Job, Task } from "../threads/job.ts";
import { chooseRun, mayHang, runProfile, type Volumes } from "./choose_run.ts";
import { Collector } from "./collector.ts";
import { createExecutor } from "./create_executor.ts";
import { createJob } from "./create_job.ts";
import { findRoots, refuseEmptyMirror, type RunRoots } from "./find_roots.ts";
import { Heartbeat } from "./heartbeat.ts";
import { interrupted, throwIfAborted } from "./interrupted.ts";
import { MirrorDeletions } from "./mirror_deletions.ts";
import type { RangeLanes } from "../receiving/range_messages.ts";
import { isSourceHere, type RemoteRoot } from "./resolve.ts";
import { createBeneath, type NamedPlace } from "./resolve_beneath.ts";
import { createDestination, removeEmptySource, renameSource } from "./roots.ts";
import { STALL_LIMIT_MS } from "./stall.ts";
import { linkTasks, rootTask } from "./tasks.ts";

/** What was asked for: a verb, two paths as typed, and the options of every verb. */
export interface TransferRequest {
  readonly verb: Verb;
  readonly source: string;
  readonly destination: string;
  readonly options: MirrorOptions;
  /** The source, where it is on another machine; `source` is then its name for people. */
  readonly origin?: RemoteOrigin | undefined;
  /** The place in a module of a daemon that receives; `destination` is then its name for people. Only with an origin. */
  readonly place?: NamedPlace | undefined;
}

/** A source on another machine, already looked at. */
export interface RemoteOrigin {
  readonly root: RemoteRoot;
  /** The directory has no entry at all. */
  readonly isEmpty: boolean;
  /** What it and the directories above it are called on their machine, which may be this one. @default nobody has told */
  readonly identities?: readonly string[];
  /**
   * Has the other side begin, once the job is known.
   *
   * @param notice tells something worth knowing at once
   */
  open(job: Job, notice: (message: string) => void): Promise<Lane<"sink">>;
  /** Further lanes for large files, once it has begun. */
  readonly lanes?: RangeLanes;
  /** The other side is about to hear what it may remove: everything of a move is safe here. */
  confirming?(): void;
  /** Entries that the other side has removed, once it has ended: the last step of a move. */
  removed?(): Promise<number>;
}

const ROOT = asByteString("");
/** The other side lists, this one decides and writes, each on one thread. */
const REMOTE_ROUTE: RouteChoice = { route: "remote", workers: 0, reason: "the source is on another machine" };

/** One run. Use it once. */
export class Orchestrator {
  readonly #collector: Collector;
  readonly #started = performance.now();
  readonly #notices: string[] = [];
  /** Those that have been told already. */
  readonly #toldNotices: string[] = [];
  #finished = false;
  #executor: Executor | undefined;
  #heartbeat: Heartbeat | undefined;
  /** What a listener threw at a progress event. */
  #listenerError: { readonly error: unknown } | undefined;
  #planningMs = 0;
  #volumes: Volumes = { source: undefined, destination: undefined };
  #roots!: RunRoots;
  #fileSystem!: FileSystem;
  #route: RouteChoice = { route: "streaming", workers: 0, reason: "not chosen yet" };

  /** @param isHeard whether anybody would receive an event now; otherwise no progress is summed up */
  constructor(
    readonly request: TransferRequest,
    readonly emit: (event: EventBody) => void,
    readonly isHeard: () => boolean,
  ) {
    this.#collector = new Collector(emit);
  }

  /** Carries the request out. Throws whatever ends the run early, after the `finished` event. */
  async run(): Promise<TransferSummary> {
    const { verb, source, options } = this.request;
    checkOptions(options);
    if (verb === "verify" && (options.comparison === "ignore-times" || options.comparison === "ignore-existing")) {
      throw new BlitError("usage", `Cannot verify with the comparison "${options.comparison}": it compares nothing`);
    }
    throwIfAborted(options.signal);
    this.#fileSystem = chooseFileSystem(options.fileSystem);
    const { roots, volumes } = await findRoots(this.request, this.#fileSystem, this.#stallLimitMs);
    this.#roots = roots;
    this.#volumes = volumes;
    this.emit({
      type: "started",
      schema: EVENT_SCHEMA_VERSION,
      verb,
      source,
      destination: this.#roots.target,
      dryRun: options.dryRun ?? false,
      fileSystem: this.#fileSystem.name,
    });
    try {
      refuseEmptyMirror(this.request, this.#roots, this.#fileSystem);
      return this.#moveByRenaming() ? this.#finish("done") : await this.#runPhases();
    } catch (error) {
      const isInterrupted = options.signal?.aborted ?? false;
      if (!this.#finished) this.#finish(isInterrupted ? "interrupted" : "failed");
      if (isInterrupted) throw interrupted(options.signal!);
      throw error;
    }
  }

  async #runPhases(): Promise<TransferSummary> {
    const job = createJob(this.request, this.#roots, this.#fileSystem);
    const isNew = this.#prepareDestination(job);
    this.#chooseRoute(job);
    const deletions = this.#deletions();
    const ready: Job = { ...job, smallSteps: this.#route.workers === 0 };
    const stop = (): void => this.#executor?.stop();
    this.#heartbeat = new Heartbeat({
      limitMs: this.#stallLimitMs,
      beat: () => this.#emitProgress(),
      describe: (path) => path === "" ? this.request.source : `${this.request.source.replace(/\/+$/, "")}/${path}`,
    });
    this.request.options.signal?.addEventListener("abort", stop);
    try {
      this.#executor = await createExecutor(this.request, {
        job: isNew ? { ...ready, destination: this.#roots.destination } : ready,
        route: this.#route,
        mayHang: mayHang(this.#volumes),
        receive: (report) => this.#collector.add(report),
        notice: (message) => this.#tellNotice(message),
      });
      await this.#phase([rootTask(this.#roots, isNew)]);
      await this.#linkNames();
      await deletions.run(ready);
      await this.#linkNames(); // names of what the deletions have made room for
      deletions.reportBlocked(ready, "not all of it could be deleted");
      await this.#finalize();
      await this.#removeSource(ready);
      return this.#finish(this.#finalStatus());
    } finally {
      this.#heartbeat.stop();
      this.request.options.signal?.removeEventListener("abort", stop);
      await this.#executor?.close();
    }
  }

  #moveByRenaming(): boolean {
    const { verb, options } = this.request;
    const roots = this.#roots;
    if (verb !== "move" || !isSourceHere(roots) || !renameSource(this.#fileSystem, roots, options)) return false;
    this.#route = { route: "rename", workers: 0, reason: "source and destination are on one file system" };
    this.emit({ type: "route", ...this.#route });
    this.#collector.counters.removed++;
    return true;
  }

  /** Creates the receiving directory where it is missing, or reports that it would. Returns whether it exists only now. */
  #prepareDestination(job: Job): boolean {
    if (job.mode === "verify" || this.#roots.destinationExists) return false;
    const { module, single } = this.#roots;
    // The root of a tree stays closed to others until it has its metadata.
    const mode = single === undefined ? 0o700 : 0o777;
    const create = (): boolean =>
      module === undefined ? createDestination(this.#roots) : createBeneath(this.#fileSystem, module, mode);
    if (job.mode === "write" && !create()) {
      this.#roots = { ...this.#roots, destinationExists: true };
      return false;
    }
    this.#collector.counters.directoriesCreated++;
    if (job.entryEvents) this.emit({ type: "entry", action: "create", kind: "directory", path: "", bytes: 0 });
    return job.mode === "write";
  }

  #chooseRoute(job: Job): void {
    const { verb, options } = this.request;
    const roots = this.#roots;
    this.#route = !isSourceHere(roots) ? REMOTE_ROUTE : chooseRun({
      verb,
      fileSystem: this.#fileSystem,
      roots,
      volumes: this.#volumes,
      checksum: job.rules.content === "checksum",
      inOnePlace: job.mode === "plan" && (job.filter.include.length > 0 || job.filter.filesFrom !== undefined),
      workers: options.workers,
    });
    this.#planningMs = performance.now() - this.#started;
    this.emit({ type: "route", ...this.#route });
  }

  get #stallLimitMs(): number {
    return this.request.options.stallTimeoutMs ?? STALL_LIMIT_MS;
  }

  /** Links the names whose first name another engine had, or had to wait; those of a blocked entry wait until it is not. */
  async #linkNames(): Promise<void> {
    const links = this.#collector.links.splice(0);
    if (links.length === 0) return;
    const found = await this.#executor!.findLinks([...new Set(links.map(({ file }) => file))]);
    const blocked = new Set(this.#collector.blocked.map(({ path, name }) => joinBytes(path, name)));
    const resolved = links.map((link) => {
      const known = found.get(link.file);
      // Where every engine has given the first name up, one of the others takes its part.
      if (known === undefined) found.set(link.file, { path: link.path, isRewritten: false });
      const { path: first, isRewritten } = known ?? { path: link.path, isRewritten: false };
      return { ...link, first, isRewritten };
    });
    const waits = ({ path, first }: typeof resolved[number]): boolean => blocked.has(path) || blocked.has(first);
    this.#collector.links.push(...resolved.filter(waits));
    const ready = resolved.filter((link) => !waits(link));
    // A first name that had to wait itself has to be there before others can link to it.
    await this.#phase(linkTasks(ready.filter(({ path, first }) => path === first)));
    await this.#phase(linkTasks(ready.filter(({ path, first }) => path !== first)));
  }

  #deletions(): MirrorDeletions {
    return new MirrorDeletions({
      source: this.request.source,
      target: this.#roots.target,
      options: this.request.options,
      collector: this.#collector,
      counters: () => this.#counters(),
      notice: (message) => this.#notices.push(message),
      phase: (tasks) => this.#phase(tasks),
      finalize: () => this.#finalize(),
    });
  }

  async #finalize(): Promise<void> {
    if (this.#collector.finalize.size === 0) return;
    // Deepest first, by one engine, so that no mode locks out what is still to do.
    const paths = [...this.#collector.finalize].sort((a, b) => depthOf(b) - depthOf(a));
    this.#collector.finalize.clear();
    await this.#phase([{ kind: "finalize", paths }]);
  }

  async #removeSource(job: Job): Promise<void> {
    if (job.verb !== "move") return;
    if (job.mode === "write") await this.#phase([{ kind: "flush" }]);
    await this.#phase([{ kind: "remove-source", except: [...this.#collector.kept] }]);
    const roots = this.#roots;
    // Where the source is on another machine, that side removes the root itself with the rest.
    if (job.mode !== "write" || roots.single !== undefined || !roots.includesRoot || !isSourceHere(roots)) return;
    const failure = removeEmptySource(roots.source);
    if (failure === undefined) this.#collector.counters.removed++;
    else if (this.#collector.kept.size === 0 && this.#counters().filtered === 0 && this.#collector.sockets === 0) {
      this.#collector.addFailure({ path: ROOT, code: failure.code, message: failure.message });
    }
  }

  /** Runs tasks; throws when the run is over before its end. */
  async #phase(tasks: Task[]): Promise<void> {
    throwIfAborted(this.request.options.signal);
    if (tasks.length > 0) await this.#heartbeat!.watch(this.#executor!, this.#executor!.run(tasks));
    if (this.#listenerError !== undefined) throw this.#listenerError.error;
    if (this.#collector.fatal !== undefined) throw this.#collector.fatal;
    throwIfAborted(this.request.options.signal);
  }

  #tellNotice(message: string): void {
    this.#toldNotices.push(message);
    this.emit({ type: "notice", message });
  }

  #emitProgress(): void {
    const executor = this.#executor;
    if (executor === undefined || this.#listenerError !== undefined || !this.isHeard()) return;
    const currentPath = executor.currentPath();
    const scanComplete = executor.scanComplete();
    try {
      this.emit({ type: "progress", scanComplete, currentPath, ...this.#counters() });
    } catch (error) {
      this.#listenerError = { error };
      executor.stop();
    }
  }

  #counters(): Counters {
    const sum = { ...this.#collector.counters };
    const done = this.#executor?.counters();
    if (done !== undefined) {
      for (const name of Object.keys(sum) as (keyof Counters)[]) sum[name] += done[name];
    }
    return sum;
  }

  #finalStatus(): RunStatus {
    const { failed, differences } = this.#counters();
    return failed > 0 ? "partial" : differences > 0 ? "differences" : "done";
  }

  #finish(status: RunStatus): TransferSummary {
    const { verb, source, options } = this.request;
    const counters = this.#counters();
    const { fileSystem, ...profile } = runProfile(verb, this.#fileSystem, this.#volumes);
    const notices = [
      ...this.#notices,
      ...this.#collector.notices(),
      ...this.#executor?.notices?.() ?? [],
      ...emptySelection(counters),
    ];
    const summary: TransferSummary = {
      verb,
      status,
      source,
      destination: this.#roots.target,
      dryRun: options.dryRun ?? false,
      route: this.#route.route,
      routeReason: this.#route.reason,
      workers: this.#executor?.workers ?? 0,
      fileSystem,
      volumes: { source: profile.source, destination: profile.destination, sameDevice: profile.sameDevice },
      planningMs: this.#planningMs,
      elapsedMs: performance.now() - this.#started,
      ...counters,
      failures: this.#collector.failures,
      notices: [...this.#toldNotices, ...notices],
    };
    this.#finished = true;
    for (const message of notices) this.emit({ type: "notice", message });
    this.emit({ type: "finished", summary });
    return summary;
  }
}

/** Nothing found in a source that is not empty is never a silent success. */
function emptySelection(counters: Counters): string[] {
  const { entriesFound, filtered } = counters;
  if (entriesFound > 0 || filtered === 0) return [];
  return [`Nothing took part: the filters left out all ${filtered} entries that were looked at`];
}

function depthOf(path: ByteString): number {
  return path === "" ? 0 : path.split("/").length;
}
