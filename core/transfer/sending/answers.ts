/**
 * Answers to requests, in the order in which they came.
 *
 * ```text
 * small file, whole     read into a shard, which leaves when it is full or nothing else is asked for
 * larger, or a range    pieces of 512 KiB and holes, then `file-end`
 * with a hash           read and hashed; then `file-same`, `file-differs`, or the content
 * blocks                each read and hashed; those that differ are sent
 * ```
 *
 * A file has to be what the sink was told before and after it is read; otherwise it counts as changed, and the sink may ask
 * again for what it is now.
 *
 * @module
 */

import type { SourceFile, Stat } from "../../fs/types.ts";
import { Xxh128 } from "../../hash/xxh128.ts";
import { isUntouched } from "../../plan/compare.ts";
import { statProblem } from "../../wire/codec/mod.ts";
import type { FileResult, RequestMode, SourceRecord } from "../../wire/records.ts";
import { isZero } from "../files/zero_runs.ts";
import { SMALL_FILE_BYTES } from "./bounds.ts";
import type { DirectoryHandles } from "./handles.ts";
import { openTarget, type Target } from "./open_target.ts";
import type { Outlet } from "./outlet.ts";
import { readOn } from "./read_content.ts";
import { firstByteBeyond, type Request } from "./request_queue.ts";
import { Shard } from "./shard.ts";
import { equalHashes, hashSpan, sendBlocks, sendSpan, sendUnsized, type Stream } from "./stream_content.ts";
import type { SourceTree } from "./tree.ts";

const WHOLE: FileResult = { kind: "whole" };
const CHANGED: FileResult = { kind: "changed" };

/** What {@linkcode Answers} works with. */
export interface AnswersOptions {
  readonly tree: SourceTree;
  readonly handles: DirectoryHandles;
  readonly outlet: Outlet;
}

/** A request whose file is open. */
interface Asked {
  readonly id: number;
  readonly mode: RequestMode;
  readonly target: Target;
}

/** A small file that was read. */
interface Small extends Asked {
  readonly content: Uint8Array<ArrayBuffer>;
  readonly after: Stat;
}

/** A request that says what the sink has. */
type HashMode = Extract<RequestMode, { readonly hash: Uint8Array }>;

/** Answers requests of one lane. */
export class Answers {
  readonly #options: AnswersOptions;
  readonly #outlet: Outlet;
  readonly #shard: Shard;
  #hasher: Xxh128 | undefined;

  constructor(options: AnswersOptions) {
    this.#options = options;
    this.#outlet = options.outlet;
    this.#shard = new Shard(options.outlet);
  }

  /**
   * Answers one request. What is wrong with the file is told to the sink.
   *
   * @returns nothing for a small file that was added to those that wait for {@linkcode flush}, so that it costs no promise
   */
  answer({ id, mode, target: wanted }: Request): Promise<void> | undefined {
    const { tree, handles } = this.#options;
    let target: Target;
    try {
      target = openTarget(tree, handles, wanted);
    } catch (error) {
      return this.#fail(id, error);
    }
    const asked = { id, mode, target };
    let answer: Promise<void> | undefined;
    try {
      answer = this.#answerFrom(asked);
    } catch (error) {
      answer = Promise.reject(error);
    }
    if (answer !== undefined) return this.#complete(asked, answer);
    target.file.close();
    return undefined;
  }

  /** Sends what waits for more. */
  flush(): void {
    this.#shard.flush();
  }

  async #complete({ id, target }: Asked, answer: Promise<void>): Promise<void> {
    try {
      await answer;
    } catch (error) {
      // When it was the lane that failed, this fails too.
      await this.#fail(id, error);
    } finally {
      target.file.close();
    }
  }

  #answerFrom(asked: Asked): Promise<void> | undefined {
    const { mode, target: { expected } } = asked;
    // The sink may have asked before it heard that the file has shrunk.
    if (firstByteBeyond(mode, expected.size) !== undefined) return this.#changed(asked);
    if (mode.kind === "range" || mode.kind === "blocks") return this.#stream(asked);
    return expected.size <= SMALL_FILE_BYTES ? this.#answerSmall(asked) : this.#answerLarge(asked);
  }

  #answerSmall(asked: Asked): Promise<void> | undefined {
    return this.#shard.hasRoom ? this.#answerIntoShard(asked) : this.#answerIntoNextShard(asked);
  }

  async #answerIntoNextShard(asked: Asked): Promise<void> {
    await this.#shard.makeRoom();
    await this.#answerIntoShard(asked);
  }

  #answerIntoShard(asked: Asked): Promise<void> | undefined {
    const { mode, target: { file, expected } } = asked;
    // Of one that says that it is empty there may be more than a small file has.
    const room = this.#shard.room(expected.size === 0 ? SMALL_FILE_BYTES + 1 : expected.size);
    const length = readOn(file, room);
    if (length > SMALL_FILE_BYTES) return this.#answerUnsized(asked);
    if (length < expected.size) return this.#changed(asked);
    const after = file.stat();
    if (!isUntouched(expected, after)) return this.#changed(asked, after);
    const small: Small = { ...asked, content: length === room.length ? room : room.subarray(0, length), after };
    return mode.kind === "unless-hash" || mode.kind === "compare-hash"
      ? this.#addUnlessSame(small, mode)
      : this.#add(small);
  }

  async #addUnlessSame(small: Small, { kind, hash }: HashMode): Promise<void> {
    const hasher = await this.#startHash();
    hasher.update(small.content);
    const isSame = equalHashes(hasher.digest(), hash);
    if (isSame || kind === "compare-hash") return await this.#tell(small.id, isSame);
    await this.#add(small);
  }

  /** Takes a small file into the shard, where it was read to. */
  #add({ id, target: { expected }, content, after }: Small): Promise<void> | undefined {
    this.#outlet.totals.files++;
    if (isHole(expected, content)) return this.#sendHole(id, content.length, after);
    this.#shard.add(id, content.length);
    return undefined;
  }

  /** A file that says that it is empty, and is not. Nobody can have its hash before it is read to the end. */
  #answerUnsized(asked: Asked): Promise<void> {
    return asked.mode.kind === "compare-hash" ? this.#tell(asked.id, false) : this.#stream(asked);
  }

  async #answerLarge(asked: Asked): Promise<void> {
    const { id, mode, target: { file, expected } } = asked;
    if (mode.kind === "unless-hash" || mode.kind === "compare-hash") {
      this.#shard.flush(); // it has one of the buffers
      const hasher = await this.#startHash();
      const hash = await hashSpan(this.#outlet, file, { start: 0, end: expected.size, hasher });
      if (hash === undefined || !isUntouched(expected, file.stat())) return await this.#changed(asked);
      const isSame = equalHashes(hash, mode.hash);
      if (isSame || mode.kind === "compare-hash") return await this.#tell(id, isSame);
    }
    await this.#stream(asked);
  }

  /** Sends content in records of its own. */
  async #stream(asked: Asked): Promise<void> {
    const { id, mode, target: { file, expected } } = asked;
    this.#shard.flush();
    const before = file.stat();
    if (!isUntouched(expected, before)) return await this.#changed(asked, before);
    if (!await this.#sendContent(asked)) return await this.#changed(asked);
    const after = file.stat();
    if (!isUntouched(expected, after)) return await this.#changed(asked, after);
    if (mode.kind === "whole" || mode.kind === "unless-hash") this.#outlet.totals.files++;
    await this.#send({ kind: "file-end", request: id, result: WHOLE, stat: after });
  }

  /** Returns whether everything that was asked for was there. */
  async #sendContent({ id, mode, target: { file, expected } }: Asked): Promise<boolean> {
    const stream: Stream = { outlet: this.#outlet, request: id, file };
    const { size } = expected;
    const isSparse = expected.allocatedBytes < size;
    if (mode.kind === "range") return await sendSpan(stream, mode.start, mode.end, isSparse);
    if (mode.kind === "blocks") return await sendBlocks(stream, mode, { size, hasher: await this.#startHash() });
    if (size > 0) return await sendSpan(stream, 0, size, isSparse);
    await sendUnsized(stream);
    return true;
  }

  async #sendHole(id: number, length: number, stat: Stat): Promise<void> {
    await this.#send({ kind: "file-hole", request: id, offset: 0, length });
    await this.#send({ kind: "file-end", request: id, result: WHOLE, stat });
  }

  #tell(id: number, isSame: boolean): Promise<void> {
    return this.#send({ kind: isSame ? "file-same" : "file-differs", request: id });
  }

  /** From here on the file counts as what it is now. */
  #changed({ id, target: { file, listed } }: Asked, found = look(file)): Promise<void> {
    // What it is now may be what no record can carry: then it is not told, and is not what is expected either.
    const stat = found !== undefined && statProblem(found) === undefined ? found : undefined;
    if (listed !== undefined && stat?.kind === "file") {
      listed.stat = stat;
      listed.toldBytes = Math.max(listed.toldBytes, stat.size);
    }
    return this.#send({ kind: "file-end", request: id, result: CHANGED, ...(stat !== undefined && { stat }) });
  }

  #fail(id: number, thrown: unknown): Promise<void> {
    const { code, message } = this.#options.tree.asShown(thrown);
    const result: FileResult = code === "changed" ? CHANGED : { kind: "failed", code, message };
    return this.#send({ kind: "file-end", request: id, result });
  }

  /** Answers leave in order, so what waits goes first. */
  async #send(record: SourceRecord): Promise<void> {
    this.#shard.flush();
    await this.#outlet.send(record);
  }

  async #startHash(): Promise<Xxh128> {
    this.#hasher ??= await Xxh128.create();
    return this.#hasher.start();
  }
}

/** A file of one step that is a hole; in larger ones holes are found step by step. */
function isHole({ size, allocatedBytes }: Stat, content: Uint8Array<ArrayBuffer>): boolean {
  return allocatedBytes < size && isZero(content);
}

/** What an open file is now, where that can be told. */
function look(file: SourceFile): Stat | undefined {
  try {
    return file.stat();
  } catch {
    return undefined; // that it changed is known, and all that the sink needs
  }
}
