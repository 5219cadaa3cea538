/**
 * The four verbs as functions.
 *
 * @module
 */

import { loadLater } from "../load_later.ts";
import { BlitError, toBlitError } from "../errors.ts";
import type { EventBody, TransferEvent, TransferSummary } from "../events.ts";
import type { CopyOptions, MirrorOptions, MoveOptions, VerifyOptions } from "./options.ts";
import { parseEndpoint } from "../endpoint.ts";
import { platform } from "../fs/mod.ts";
import { Orchestrator, type TransferRequest } from "./run/orchestrator.ts";

/**
 * A running transfer: await it for its summary, or iterate over it for its events.
 *
 * It starts by itself once the calling code gives way. Awaiting rejects with a `BlitError` when the run could not start or
 * was ended early; entries that failed do not reject, they are in the summary. Iterating ends with the `finished` event, or
 * throws the same error. Both can be done at once.
 */
export interface Transfer extends PromiseLike<TransferSummary>, AsyncIterable<TransferEvent> {}

/** Runs and tells whoever listens. */
class RunningTransfer implements Transfer {
  readonly #summary: Promise<TransferSummary>;
  readonly #queues = new Set<EventQueue>();
  readonly #started = performance.now();
  #sequence = 0;

  constructor(readonly request: TransferRequest) {
    this.#summary = Promise.resolve().then(() => carryOut(request, (event) => this.#emit(event), () => this.#isHeard));
  }

  /** Waits for the end of the run. */
  then<A = TransferSummary, B = never>(
    onFulfilled?: ((summary: TransferSummary) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#summary.then(onFulfilled, onRejected);
  }

  /**
   * Iterates over the events, from the first one when asked for in the same turn in which the transfer was created. Events
   * that the loop has not taken yet are kept, so a slow loop over a large tree needs memory; `onEvent` does not.
   */
  [Symbol.asyncIterator](): AsyncIterator<TransferEvent> {
    const queue = new EventQueue(() => this.#queues.delete(queue));
    this.#queues.add(queue);
    this.#summary.then(() => queue.end(), (error) => queue.end(toBlitError(error)));
    return queue;
  }

  get #isHeard(): boolean {
    return this.request.options.onEvent !== undefined || this.#queues.size > 0;
  }

  #emit(body: EventBody): void {
    if (!this.#isHeard) return;
    const event: TransferEvent = { sequence: ++this.#sequence, timeMs: performance.now() - this.#started, ...body };
    this.request.options.onEvent?.(event);
    for (const queue of this.#queues) queue.push(event);
  }
}

/** On this machine, or with a server at one end, whose code is loaded then. */
async function carryOut(
  request: TransferRequest,
  emit: (event: EventBody) => void,
  isHeard: () => boolean,
): Promise<TransferSummary> {
  // Whoever brings the source has looked at both ends already.
  if (request.origin === undefined) {
    const source = parseEndpoint(request.source, platform);
    const destination = parseEndpoint(request.destination, platform);
    if (source.kind === "remote" || destination.kind === "remote") {
      const { runRemote } = await loadLater<typeof import("./remote/mod.ts")>(
        new URL("./remote/mod.ts", import.meta.url),
      );
      return await runRemote(request, { source, destination }, emit);
    }
    refuseForServers(request);
  }
  return await new Orchestrator(request, emit, isHeard).run();
}

/** Refuses what only means something with a server at one end. */
function refuseForServers({ source, destination, options }: TransferRequest): void {
  const reasons = `"${source}" and "${destination}" are both on this machine`;
  if (options.forceGrpc) throw new BlitError("usage", `Cannot force gRPC: ${reasons}`);
  if (options.resume) {
    throw new BlitError("usage", `Cannot resume: ${reasons}, where no bytes travel that could be spared`, {
      hint: "Leave out --resume: what is done already is not done again",
    });
  }
  if (options.retry !== undefined) {
    throw new BlitError("usage", `Cannot retry: ${reasons}, and no connection can be lost`);
  }
}

/** Events that wait for a loop. */
class EventQueue implements AsyncIterator<TransferEvent> {
  readonly #events: TransferEvent[] = [];
  #end: { error?: BlitError } | undefined;
  /** Calls of {@linkcode next} that wait; there may be several at once. */
  readonly #waiting: (() => void)[] = [];

  constructor(readonly onReturn: () => void) {}

  push(event: TransferEvent): void {
    this.#events.push(event);
    this.#wakeAll();
  }

  end(error?: BlitError): void {
    this.#end = error === undefined ? {} : { error };
    this.#wakeAll();
  }

  async next(): Promise<IteratorResult<TransferEvent>> {
    while (this.#events.length === 0) {
      if (this.#end?.error !== undefined) throw this.#end.error;
      if (this.#end !== undefined) return { done: true, value: undefined };
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return { done: false, value: this.#events.shift()! };
  }

  #wakeAll(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** The loop was left early; the transfer itself goes on. */
  return(): Promise<IteratorResult<TransferEvent>> {
    this.onReturn();
    return Promise.resolve({ done: true, value: undefined });
  }
}

/** Starts what is asked for: the four verbs behind one door. */
export function start(request: TransferRequest): Transfer {
  return new RunningTransfer(request);
}

/**
 * Copies a file or a tree. What is at the destination and not in the source stays.
 *
 * The trailing slash counts as for rsync: `copy("photos", "backup")` gives `backup/photos` when `backup` is a directory and
 * makes `backup` the copy when it does not exist; `copy("photos/", "backup")` puts the contents into `backup`.
 *
 * Cancelled by its `signal`, it rejects with "interrupted": what is copied stays, and the same call goes on from there.
 *
 * @throws {BlitError} when the run cannot start or is ended early; see {@linkcode Transfer}
 *
 * @example
 * ```ts ignore
 * import { copy } from "./mod.ts";
 *
 * const summary = await copy("photos/", "/backup/photos", { exclude: ["*.tmp"] });
 * console.log(summary.filesCopied, summary.failures);
 * ```
 */
export function copy(source: string, destination: string, options: CopyOptions = {}): Transfer {
  return start({ verb: "copy", source, destination, options });
}

/**
 * Makes the destination equal to the source: copies, then deletes what the source does not have. Nothing is deleted where
 * something could not be read or copied, which the summary says, and an empty source is refused unless `allowEmptySource` is given.
 *
 * Deletions come last. Cancelled by its `signal` before that, it has deleted nothing; later, a part of what had to go.
 *
 * @throws {BlitError} when the run cannot start or is ended early; "refused" where `confirmDeletions` says no or more than
 *   `maxDelete` would go: nothing is deleted then, and everything else is done
 *
 * @example Ask before anything is deleted
 * ```ts
 * import { BlitError, mirror } from "@blit/cli";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.mkdir(`${folder}/photos`);
 * await Deno.mkdir(`${folder}/backup`);
 * await Deno.writeTextFile(`${folder}/photos/new.jpg`, "new");
 * await Deno.writeTextFile(`${folder}/backup/old.jpg`, "old");
 *
 * try {
 *   await mirror(`${folder}/photos/`, `${folder}/backup`, { confirmDeletions: ({ entries }) => entries > 1 });
 * } catch (error) {
 *   if (!(error instanceof BlitError) || error.code !== "refused") throw error;
 * }
 * const names = Array.from(Deno.readDirSync(`${folder}/backup`), ({ name }) => name).sort();
 * if (names.join() !== "new.jpg,old.jpg") throw new Error("not copied, or deleted");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function mirror(source: string, destination: string, options: MirrorOptions = {}): Transfer {
  return start({ verb: "mirror", source, destination, options });
}

/**
 * Copies, waits until everything is on disk, then removes from the source what is confirmed at the destination. Within one
 * file system, to a place where nothing is, it is a rename.
 *
 * Cancelled by its `signal`, or ended by an error, before everything is on disk it leaves the source whole; later, what the source
 * does not have any more is at the destination. The same call goes on from there. An entry that fails stays at the source.
 *
 * @throws {BlitError} when the run cannot start or is ended early; see {@linkcode Transfer}
 *
 * @example Empty a directory into another one
 * ```ts
 * import { move } from "@blit/cli";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.mkdir(`${folder}/camera`);
 * await Deno.mkdir(`${folder}/photos`);
 * await Deno.writeTextFile(`${folder}/camera/1.jpg`, "content");
 *
 * const { removed, failures } = await move(`${folder}/camera/`, `${folder}/photos`);
 * if (removed !== 1 || failures.length > 0) throw new Error("not moved");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function move(source: string, destination: string, options: MoveOptions = {}): Transfer {
  return start({ verb: "move", source, destination, options });
}

/**
 * Compares and changes nothing: contents, kinds, times, modes, owners, attributes and hard links, and what only one side has.
 * The summary's `differences` counts the entries that differ; the events name them. A difference is no error; a destination that
 * is not there differs in everything.
 *
 * Cancelled by its `signal`, it rejects with "interrupted".
 *
 * @throws {BlitError} when the run cannot start or is ended early; see {@linkcode Transfer}
 *
 * @example Name what differs
 * ```ts
 * import { verify } from "@blit/cli";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/a.txt`, "one");
 * await Deno.writeTextFile(`${folder}/b.txt`, "two");
 *
 * const run = verify(`${folder}/a.txt`, `${folder}/b.txt`);
 * for await (const event of run) if (event.type === "difference") console.log(event.path, event.difference);
 * const { status, differences } = await run;
 * if (status !== "differences" || differences !== 1) throw new Error("not seen");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function verify(source: string, destination: string, options: VerifyOptions = {}): Transfer {
  return start({ verb: "verify", source, destination, options });
}
