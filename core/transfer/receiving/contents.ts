/**
 * Contents of files that were asked for: which, and what becomes of the answers.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { Attributes, Stat } from "../../fs/types.ts";
import type { ByteString } from "../../paths/bytes.ts";
import type {
  FileDataRecord,
  FileEndRecord,
  FileHoleRecord,
  RequestMode,
  RequestTarget,
  ShardRecord,
  WireRequest,
} from "../../wire/mod.ts";
import { shardContents } from "../../wire/mod.ts";
import type { DirectoryPair } from "../directories/pair.ts";
import { carryOut } from "../entries/carry_out.ts";
import type { Entry } from "../entries/entry.ts";
import { copyFile } from "../files/copy_file.ts";
import { COPY_ATTEMPTS, sourceChanged } from "../files/place_file.ts";
import type { Engine } from "../threads/engine.ts";
import { IncomingFile } from "./incoming_file.ts";

/** A file that is asked about. */
export interface Question {
  readonly pair: DirectoryPair;
  readonly entry: Entry;
  readonly attributes: Attributes | undefined;
  readonly target: RequestTarget;
  readonly mode: RequestMode;
  /** Called once when everything about it is done, well or not. */
  readonly onDone: () => void;
}

interface Pending extends Question {
  readonly attempt: number;
  file?: IncomingFile;
}

/** Answers to requests, by request id. */
export class Contents {
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #unsent: WireRequest[] = [];

  constructor(readonly engine: Engine, readonly onUse: (pair: DirectoryPair) => void) {}

  /** Files that are not done. */
  get count(): number {
    return this.#pending.size;
  }

  /** Asks. The request is sent with the next {@linkcode takeUnsent}. */
  ask(question: Question): void {
    this.#ask({ ...question, attempt: 1 });
  }

  /** Requests that have not been sent; the caller sends them. */
  takeUnsent(): WireRequest[] {
    return this.#unsent.splice(0);
  }

  data({ request, offset, content }: FileDataRecord): void {
    this.#fileOf(request).write(offset, content);
  }

  hole({ request, offset, length }: FileHoleRecord): void {
    this.#fileOf(request).skip(offset, length);
  }

  /** The answer is complete. */
  end({ request, result, stat }: FileEndRecord): void {
    const pending = this.#take(request);
    if (result.kind === "whole") return this.#finish(pending, () => this.#complete(pending));
    pending.file?.abandon();
    if (result.kind === "changed") return this.#onChanged(pending, stat);
    this.#finish(pending, () => {
      throw new BlitError(result.code, result.message);
    });
  }

  /** Complete small files. */
  shard(shard: ShardRecord): void {
    for (const [{ request, unchanged }, content] of shardContents(shard)) {
      const pending = this.#take(request);
      if (!unchanged) {
        this.#onChanged(pending, undefined);
        continue;
      }
      const file = this.#begin(pending);
      if (content.length > 0) file.write(0, content);
      this.#finish(pending, () => file.finish());
    }
  }

  /** The destination has the same content. */
  same(request: number): void {
    const pending = this.#take(request);
    this.#finish(pending, () => carryOut(pending.pair, pending.entry, "same"));
  }

  /** The destination has another content, in a run that writes nothing: a verification, or a dry run. */
  differs(request: number): void {
    const pending = this.#take(request);
    const { pair, entry } = pending;
    this.#finish(pending, () => {
      if (this.engine.job.mode !== "verify") return copyFile(pair, entry);
      this.engine.outbox.difference(["content"], entry.source.kind, pair.pathOf(entry.name));
    });
  }

  /** Removes whatever is unfinished. */
  abandon(): void {
    for (const { file } of this.#pending.values()) file?.abandon();
    this.#pending.clear();
  }

  #ask(pending: Pending): void {
    const id = this.#nextId++;
    this.#pending.set(id, pending);
    this.#unsent.push({ id, target: pending.target, mode: pending.mode });
    // Until its content is here there is nothing for its other names to link to.
    if (pending.entry.source.nlink > 1) this.engine.links.markUnfinished(pending.entry.source);
  }

  #fileOf(request: number): IncomingFile {
    return this.#begin(this.#find(request));
  }

  #begin(pending: Pending): IncomingFile {
    this.onUse(pending.pair);
    this.engine.at(pending.entry.name);
    return pending.file ??= new IncomingFile(pending.pair, pending.entry, pending.attributes);
  }

  #complete(pending: Pending): void {
    this.#begin(pending).finish();
  }

  /** A source that changed while it was read is asked for once more; where it did not say what it is now, twice. */
  #onChanged(pending: Pending, stat: Stat | undefined): void {
    const { pair, entry, attempt } = pending;
    const isFile = stat === undefined || stat.kind === "file";
    if (isFile && attempt < COPY_ATTEMPTS + (stat === undefined ? 0 : 1)) {
      const { file: _, ...question } = pending;
      const source = stat ?? entry.source;
      return this.#ask({ ...question, entry: { ...entry, source }, mode: { kind: "whole" }, attempt: attempt + 1 });
    }
    this.#finish(pending, () => {
      throw sourceChanged(this.engine, pair.pathOf(entry.name));
    });
  }

  #finish({ pair, entry, onDone }: Pending, run: () => void): void {
    const path: ByteString = pair.pathOf(entry.name);
    try {
      this.onUse(pair);
      run();
    } catch (error) {
      // There is nothing for the other names to link to.
      if (entry.source.nlink > 1) this.engine.links.forget(entry.source, pair.pathOf(entry.destinationName));
      this.engine.handleFailure(path, error);
    } finally {
      onDone();
    }
  }

  #take(request: number): Pending {
    const pending = this.#find(request);
    this.#pending.delete(request);
    return pending;
  }

  #find(request: number): Pending {
    const pending = this.#pending.get(request);
    if (pending === undefined) {
      throw new BlitError("protocol", `Cannot use an answer to request ${request}: nobody asked`);
    }
    return pending;
  }
}
