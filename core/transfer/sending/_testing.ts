/**
 * A sink that does what a test says, over real connections.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import { fileSystems } from "../../fs/_testing.ts";
import type { Directory, FileSystem, SourceFile } from "../../fs/types.ts";
import { type ByteString, joinBytes } from "../../paths/bytes.ts";
import { connectedPair } from "../../wire/_testing.ts";
import { Lane } from "../../wire/lane/lane.ts";
import type {
  DirectoryEndRecord,
  DirectoryRecord,
  EntriesRecord,
  FailureRecord,
  FileResult,
  RequestMode,
  RequestTarget,
  ScanEndRecord,
  SinkRecord,
  SourceRecord,
  WireEntry,
  WireStat,
} from "../../wire/records.ts";
import { shardContents } from "../../wire/records.ts";
import { type SendOptions, sendTree } from "./send_tree.ts";
import type { SendTotals } from "./outlet.ts";

/** The file system that most of Blit's users have. */
export const bestFileSystem: FileSystem = fileSystems[fileSystems.length - 1];

/** An entry that was received, and where it is in its directory. */
export interface ReceivedEntry {
  readonly path: ByteString;
  readonly entry: WireEntry;
  readonly directory: number;
  readonly index: number;
}

/** The answer to a request. */
export interface ReceivedAnswer {
  readonly path: ByteString;
  /** Content by its offset; a hole is its length. */
  readonly parts: { readonly offset: number; readonly content: Uint8Array | number }[];
  result?: FileResult | "same" | "differs" | "in shard";
  stat?: WireStat;
}

/** What a test decides. By default every file is wanted whole, and every directory given back when it is answered. */
export interface SinkScript {
  /** What is wanted of a file; `undefined` for nothing. */
  want?: (entry: ReceivedEntry, sink: TestSink) => RequestMode | undefined;
  /** A directory is listed to the end and everything in it is answered. Returns what to send. */
  onDirectory?: (record: DirectoryEndRecord, sink: TestSink) => SinkRecord[];
  /** Any record, before it is dealt with. */
  onRecord?: (record: SourceRecord, sink: TestSink) => void | Promise<void>;
  /** Everything is listed and answered: the last word before the end. */
  onEnd?: (sink: TestSink) => void | Promise<void>;
  /** Forget contents once they are counted. */
  discard?: boolean;
}

/** Collects what a source sends. */
export class TestSink {
  readonly directories = new Map<ByteString, DirectoryRecord>();
  readonly entries = new Map<ByteString, ReceivedEntry>();
  readonly ends: DirectoryEndRecord[] = [];
  readonly failures: FailureRecord[] = [];
  readonly answers = new Map<number, ReceivedAnswer>();
  readonly kinds: string[] = [];
  scanEnd: ScanEndRecord | undefined;
  contentBytes = 0;
  readonly #paths = new Map<number, ByteString>();
  readonly #open = new Map<number, number>();
  readonly #ended = new Map<number, DirectoryEndRecord>();
  readonly #directoryOf = new Map<number, number>();
  #nextRequest = 1;
  #unanswered = 0;
  #hasEnded = false;

  constructor(readonly lane: Lane<"sink">, readonly script: SinkScript = {}) {}

  /** Reads until the source has ended. */
  async run(): Promise<this> {
    for (let record = await this.lane.read(); record !== undefined; record = await this.lane.read()) {
      this.kinds.push(record.kind);
      await this.script.onRecord?.(record, this);
      await this.#handle(record);
      if (this.scanEnd !== undefined && this.#unanswered === 0) await this.#finish();
    }
    return this;
  }

  /** Asks for something; the answer is in {@linkcode answers} under the returned number. */
  async ask(path: ByteString, target: RequestTarget, mode: RequestMode): Promise<number> {
    const id = this.#nextRequest++;
    this.answers.set(id, { path, parts: [] });
    this.#unanswered++;
    if (target.by === "entry") {
      this.#directoryOf.set(id, target.directory);
      this.#open.set(target.directory, (this.#open.get(target.directory) ?? 0) + 1);
    }
    await this.lane.write({ kind: "need", requests: [{ id, target, mode }] });
    return id;
  }

  /** The first answer for a path. */
  answerFor(path: string): ReceivedAnswer {
    for (const answer of this.answers.values()) if (answer.path === path) return answer;
    throw new Error(`no answer for ${path}`);
  }

  /** The content of a file, holes filled with zeros. */
  contentOf(path: string): Uint8Array {
    return joinParts(this.answerFor(path));
  }

  /** The same as text. */
  textOf(path: string): string {
    return new TextDecoder().decode(this.contentOf(path));
  }

  async #handle(record: SourceRecord): Promise<void> {
    switch (record.kind) {
      case "directory":
        this.directories.set(pathOf(record.path), record);
        this.#paths.set(record.id, pathOf(record.path));
        return;
      case "entries":
        return await this.#handleEntries(record);
      case "directory-end":
        this.ends.push(record);
        this.#ended.set(record.id, record);
        return await this.#settle(record.id);
      case "failure":
        this.failures.push(record);
        return;
      case "scan-end":
        this.scanEnd = record;
        return;
      default:
        return await this.#handleContent(record);
    }
  }

  async #handleEntries({ directory, first, entries }: EntriesRecord): Promise<void> {
    const parent = this.#paths.get(directory)!;
    for (const [i, entry] of entries.entries()) {
      const received = { path: joinBytes(parent, entry.name), entry, directory, index: first + i };
      if (!this.script.discard) this.entries.set(received.path, received);
      if (entry.stat.kind !== "file" || entry.filtered) continue;
      const mode = this.script.want === undefined ? { kind: "whole" } as const : this.script.want(received, this);
      if (mode === undefined) continue;
      await this.ask(received.path, { by: "entry", directory, index: received.index }, mode);
    }
  }

  async #handleContent(record: SourceRecord): Promise<void> {
    switch (record.kind) {
      case "file-data":
        return this.#addPart(record.request, record.offset, record.content);
      case "file-hole":
        this.answers.get(record.request)!.parts.push({ offset: record.offset, content: record.length });
        return;
      case "file-end":
        return await this.#complete(record.request, record.result, record.stat);
      case "file-same":
        return await this.#complete(record.request, "same");
      case "file-differs":
        return await this.#complete(record.request, "differs");
      case "shard":
        for (const [file, content] of shardContents(record)) {
          this.#addPart(file.request, 0, content);
          await this.#complete(file.request, "in shard");
        }
    }
  }

  #addPart(request: number, offset: number, content: Uint8Array): void {
    this.contentBytes += content.length;
    if (!this.script.discard) this.answers.get(request)!.parts.push({ offset, content: content.slice() });
  }

  async #complete(id: number, result: NonNullable<ReceivedAnswer["result"]>, stat?: WireStat): Promise<void> {
    const answer = this.answers.get(id)!;
    if (answer.result !== undefined) throw new Error(`request ${id} is answered twice`);
    answer.result = result;
    if (stat !== undefined) answer.stat = stat;
    if (this.script.discard) this.answers.delete(id);
    this.#unanswered--;
    const directory = this.#directoryOf.get(id);
    if (directory === undefined) return;
    this.#directoryOf.delete(id);
    this.#open.set(directory, this.#open.get(directory)! - 1);
    await this.#settle(directory);
  }

  /** Gives a directory back when nothing of it is awaited. */
  async #settle(directory: number): Promise<void> {
    const end = this.#ended.get(directory);
    if (end === undefined || (this.#open.get(directory) ?? 0) > 0) return;
    this.#ended.delete(directory);
    const records = this.script.onDirectory?.(end, this) ??
      [{ kind: "directory-done", id: directory, skipSubtree: false } as const];
    for (const record of records) await this.lane.write(record);
  }

  async #finish(): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    await this.script.onEnd?.(this);
    await this.lane.end();
  }
}

/** The bytes of an answer, holes filled with zeros. */
export function joinParts({ parts }: ReceivedAnswer): Uint8Array {
  const end = Math.max(0, ...parts.map(({ offset, content }) => offset + lengthOf(content)));
  const whole = new Uint8Array(end);
  for (const { offset, content } of parts) if (typeof content !== "number") whole.set(content, offset);
  return whole;
}

function lengthOf(content: Uint8Array | number): number {
  return typeof content === "number" ? content : content.length;
}

function pathOf(components: readonly ByteString[]): ByteString {
  return components.join("/") as ByteString;
}

/** What a whole exchange came to. */
export interface Exchange {
  readonly sink: TestSink;
  readonly totals: SendTotals;
}

/** Sends a tree to a sink, to the end on both sides. */
export async function exchange(
  options: Partial<SendOptions> & { root: string },
  script: SinkScript = {},
): Promise<Exchange> {
  const [one, other] = await connectedPair();
  using source = new Lane(one, { role: "source" });
  using sinkLane = new Lane(other, { role: "sink" });
  const sink = new TestSink(sinkLane, script);
  const [totals] = await Promise.all([
    sendTree(source, { fileSystem: bestFileSystem, ...options }),
    sink.run(),
  ]);
  return { sink, totals };
}

/** How sending ended that cannot end well, and how that looked to the sink. */
export async function failedExchange(
  options: Partial<SendOptions> & { root: string },
  script: SinkScript = {},
): Promise<{ error: BlitError; seen: BlitError; sink: TestSink }> {
  const [one, other] = await connectedPair();
  using source = new Lane(one, { role: "source" });
  using sinkLane = new Lane(other, { role: "sink" });
  const sink = new TestSink(sinkLane, script);
  const [sent, received] = await Promise.allSettled([
    sendTree(source, { fileSystem: bestFileSystem, ...options }),
    sink.run().finally(() => sinkLane.close()),
  ]);
  return { error: reasonOf(sent), seen: reasonOf(received), sink };
}

function reasonOf(result: PromiseSettledResult<unknown>): BlitError {
  if (result.status === "rejected" && result.reason instanceof BlitError) return result.reason;
  throw result.status === "rejected" ? result.reason : new Error("it did not fail");
}

/** An empty directory that is removed after the test, and how many descriptors were open before it. */
export async function inTree(test: (path: string) => Promise<void>): Promise<void> {
  const path = Deno.makeTempDirSync({ prefix: "blit-sending-" });
  try {
    await test(path);
  } finally {
    Deno.removeSync(path, { recursive: true });
  }
}

/** Descriptors of this process that lead below a path. Linux only; empty elsewhere. */
export function openBelow(path: string): string[] {
  if (Deno.build.os !== "linux") return [];
  const found: string[] = [];
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      const target = Deno.readLinkSync(`/proc/self/fd/${name}`);
      if (target.startsWith(path)) found.push(target);
    } catch {
      // It was the descriptor of this listing.
    }
  }
  return found;
}

/** What {@linkcode hookedFileSystem} does at points that no timing could reach. */
export interface FileSystemHooks {
  /** A directory has given its last names; its path from the root. May throw, as a broken disk does. */
  onListed?: (path: string) => void;
  /** A piece of a file was read; its path for people, and where the piece ended. */
  onRead?: (path: string, position: number) => void;
  /** Counts what is open. */
  onOpen?: (path: string, open: number) => void;
}

/** A real file system that says what it is doing, so that a test can step in. */
export function hookedFileSystem(fileSystem: FileSystem, hooks: FileSystemHooks): FileSystem {
  const counts = { open: 0 };
  return {
    name: fileSystem.name,
    capabilities: fileSystem.capabilities,
    factsOf: (path) => fileSystem.factsOf(path),
    writeObstacle: (path) => fileSystem.writeObstacle(path),
    openRoot: (path) => hookDirectory(fileSystem.openRoot(path), "", hooks, counts),
  };
}

function hookDirectory(real: Directory, path: string, hooks: FileSystemHooks, counts: { open: number }): Directory {
  hooks.onOpen?.(path, ++counts.open);
  let isOpen = true;
  const replaced: Partial<Directory> = {
    *list() {
      yield* real.list();
      hooks.onListed?.(path);
    },
    openDirectory: (below) =>
      hookDirectory(real.openDirectory(below), [path, below].filter((part) => part !== "").join("/"), hooks, counts),
    openFile: (name, known) => hookFile(real.openFile(name, known), path === "" ? name : `${path}/${name}`, hooks),
    close() {
      if (isOpen) counts.open--;
      isOpen = false;
      real.close();
    },
  };
  return withReplaced(real, replaced);
}

function hookFile(real: SourceFile, path: string, hooks: FileSystemHooks): SourceFile {
  let position = 0;
  return withReplaced(real, {
    read(buffer, length) {
      const count = real.read(buffer, length);
      position += count;
      hooks.onRead?.(path, position);
      return count;
    },
    readAt(buffer, length, from) {
      const count = real.readAt(buffer, length, from);
      hooks.onRead?.(path, from + count);
      return count;
    },
  });
}

/** An object with some methods replaced; the others work on the real one, private fields and all. */
function withReplaced<T extends object>(real: T, replaced: Partial<T>): T {
  return new Proxy(real, {
    get(_, key) {
      const value = Reflect.get(key in replaced ? replaced : real, key);
      return typeof value === "function" ? value.bind(key in replaced ? replaced : real) : value;
    },
  });
}

/** Writes a file of this size with bytes that differ from place to place. */
export function writePattern(path: string, sizeBytes: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  let state = seed;
  for (let i = 0; i < sizeBytes; i++) {
    state = (Math.imul(state, 1103515245) + 12345) | 0;
    bytes[i] = state >>> 16;
  }
  Deno.writeFileSync(path, bytes);
  return bytes;
}
