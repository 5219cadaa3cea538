/**
 * Directories of the portable implementation: a path, and calls with a name appended to it.
 *
 * @module
 */

import { type ByteString, decodeText, encodeText } from "../paths/bytes.ts";
import { fsError } from "./failures.ts";
import { isNotFound, portableError } from "./portable_errors.ts";
import type { Location } from "./portable_location.ts";
import { loadNodeFs, toNodeSeconds } from "./portable_node.ts";
import { PortableSink, refuseAttributes } from "./portable_sink.ts";
import { PortableSource } from "./portable_source.ts";
import { isSameFile, toDate, toStat } from "./portable_stat.ts";
import type { Attributes, Directory, EntryKind, KindBatch, ListedBatch, Stat, Times } from "./types.ts";

/** Names in a batch: enough to be worth handing on, few enough to start on the first ones early. */
const BATCH_NAMES = 1000;
/** What Deno puts in the place of bytes that are not UTF-8. */
const REPLACEMENT = "\ufffd";
const isWindows = Deno.build.os === "windows";

/** A directory by its path. */
export class PortableDirectory implements Directory {
  readonly #at: Location;
  readonly #isRoot: boolean;

  /** Only a root may be a symbolic link. */
  constructor(location: Location, isRoot: boolean) {
    this.#at = location;
    this.#isRoot = isRoot;
  }

  stat(): Stat {
    const look = this.#isRoot ? Deno.statSync : Deno.lstatSync;
    const info = this.#at.attempt("inspect", undefined, () => look(this.#at.path));
    if (!info.isDirectory) throw fsError("not-directory", "inspect", this.#at.shown);
    return toStat(info);
  }

  statEntry(name: ByteString): Stat | undefined {
    const path = this.#at.spell("inspect", name);
    try {
      return toStat(Deno.lstatSync(path));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw portableError(error, "inspect", this.#at.display(name));
    }
  }

  list(): Generator<ListedBatch> {
    return this.listKinds();
  }

  *listKinds(): Generator<KindBatch> {
    yield* this.#inBatches(this.#at.attempt("read directory", undefined, () => Deno.readDirSync(this.#at.path)));
  }

  /** `Deno.readDirSync` takes an error in the middle of a directory for its end, and so does `node:fs`; `Deno.readDir` does not. */
  async listWhole(): Promise<ListedBatch[]> {
    const entries: Deno.DirEntry[] = [];
    try {
      for await (const entry of Deno.readDir(this.#at.path)) entries.push(entry);
    } catch (error) {
      throw portableError(error, "read directory", this.#at.shown);
    }
    return [...this.#inBatches(entries)];
  }

  *#inBatches(entries: Iterable<Deno.DirEntry>): Generator<KindBatch> {
    const suspects = new Set<string>();
    let batch = new GrowingBatch();
    for (const entry of entries) {
      if (!entry.name.includes(REPLACEMENT) || this.#isReal(entry.name, suspects)) batch.add(entry);
      else batch.damaged.push(entry.name);
      if (batch.size < BATCH_NAMES) continue;
      yield batch;
      batch = new GrowingBatch();
    }
    if (batch.size > 0) yield batch;
  }

  openDirectory(path: ByteString): Directory {
    return new PortableDirectory(this.#at.descend(path), this.#isRoot && path === "");
  }

  readLink(name: ByteString): ByteString {
    const action = "read symbolic link";
    const path = this.#at.spell(action, name);
    return this.#at.attempt(action, name, () => encodeText(Deno.readLinkSync(path)));
  }

  openFile(name: ByteString, known?: Stat): PortableSource {
    const action = "open";
    const path = this.#at.spell(action, name);
    const expected = known?.kind === "file" ? known : toStat(this.#at.findFile(action, name).info);
    const file = this.#at.attempt(action, name, () => Deno.openSync(path));
    return new PortableSource(file, expected, () => this.#at.display(name));
  }

  createFile(name: ByteString, mode: number): PortableSink {
    const path = this.#at.spell("create", name);
    const fs = loadNodeFs();
    const { O_WRONLY, O_CREAT, O_EXCL } = fs.constants;
    const descriptor = this.#at.attempt("create", name, () => fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL, mode));
    return new PortableSink(descriptor, path, () => this.#at.display(name));
  }

  openForUpdate(name: ByteString): PortableSink {
    const action = "open";
    const { path, info } = this.#at.findFile(action, name);
    const fs = loadNodeFs();
    const descriptor = this.#at.attempt(action, name, () => fs.openSync(path, fs.constants.O_WRONLY));
    const sink = new PortableSink(descriptor, path, () => this.#at.display(name));
    if (isSameFile(toStat(info), sink.stat())) return sink;
    sink.close();
    throw fsError("changed", action, this.#at.display(name));
  }

  createDirectory(name: ByteString, mode: number): void {
    const path = this.#at.spell("create directory", name);
    this.#at.attempt("create directory", name, () => Deno.mkdirSync(path, { mode }));
  }

  createSymlink(name: ByteString, target: ByteString): void {
    const action = "create symbolic link";
    const path = this.#at.spell(action, name);
    const text = decodeText(target);
    if (text === undefined) {
      const reason = "its target is not UTF-8, which needs the native file system";
      throw fsError("invalid-name", action, this.#at.display(name), undefined, { reason });
    }
    const options = isWindows ? { type: this.#linkType(text) } : undefined;
    this.#at.attempt(action, name, () => Deno.symlinkSync(text, path, options));
  }

  createSpecial(name: ByteString, kind: EntryKind, _mode: number, _rdev: number): void {
    const reason = "it needs the native file system";
    throw fsError("unsupported", `create ${kind}`, this.#at.display(name), undefined, { reason });
  }

  createHardLink(existing: Directory, existingName: ByteString, name: ByteString): void {
    const action = "create hard link";
    const from = (existing as PortableDirectory).#at.spell(action, existingName);
    const path = this.#at.spell(action, name);
    this.#at.attempt(action, name, () => Deno.linkSync(from, path));
  }

  rename(from: ByteString, to: ByteString): void {
    const oldPath = this.#at.spell("rename", from);
    const newPath = this.#at.spell("rename to", to);
    this.#at.attempt("rename to", to, () => Deno.renameSync(oldPath, newPath));
  }

  moveHere(from: Directory, fromName: ByteString, name: ByteString): void {
    const oldPath = (from as PortableDirectory).#at.spell("move", fromName);
    const newPath = this.#at.spell("move to", name);
    // Deno has no rename that refuses to replace; looking first leaves a window that only a concurrent writer can hit.
    if (this.statEntry(name) !== undefined) throw fsError("exists", "move to", this.#at.display(name));
    this.#at.attempt("move to", name, () => Deno.renameSync(oldPath, newPath));
  }

  removeFile(name: ByteString): void {
    // Both Deno.removeSync and Node's unlinkSync remove an empty directory as well.
    const { path, info } = this.#at.find("remove", name);
    if (info.isDirectory) throw fsError("is-directory", "remove", this.#at.display(name));
    this.#at.attempt("remove", name, () => Deno.removeSync(path));
  }

  removeDirectory(name: ByteString): void {
    const action = "remove directory";
    const { path, info } = this.#at.find(action, name);
    if (!info.isDirectory) throw this.#at.wrongKind(info, "not-directory", action, name);
    // This is rmdir; Deno.removeSync would remove a file that took the directory's place.
    this.#at.attempt(action, name, () => loadNodeFs().rmdirSync(path));
  }

  setMode(name: ByteString | undefined, mode: number): void {
    const action = "set the mode of";
    if (isWindows) return;
    let path = this.#at.path;
    if (name !== undefined) {
      const found = this.#at.find(action, name);
      if (found.info.isSymlink) throw this.#at.wrongKind(found.info, "unsupported", action, name);
      path = found.path;
    }
    this.#at.attempt(action, name, () => Deno.chmodSync(path, mode));
  }

  setOwner(name: ByteString | undefined, uid: number, gid: number): void {
    const action = "set the owner of";
    if (isWindows) return;
    if (name === undefined) return this.#at.attempt(action, name, () => Deno.chownSync(this.#at.path, uid, gid));
    const path = this.#at.spell(action, name);
    this.#at.attempt(action, name, () => loadNodeFs().lchownSync(path, uid, gid));
  }

  setTimes(name: ByteString | undefined, times: Times): void {
    const action = "set the time of";
    const date = toDate(times);
    if (name === undefined) return this.#at.attempt(action, name, () => Deno.utimeSync(this.#at.path, date, date));
    const { path, info } = this.#at.find(action, name);
    const set = info.isSymlink ? setLinkTime : setTime;
    this.#at.attempt(action, name, () => set(path, date, this.#at.display(name)));
  }

  readAttributes(_name: ByteString | undefined): undefined {
    return undefined;
  }

  writeAttributes(name: ByteString | undefined, attributes: Attributes | undefined): void {
    refuseAttributes(attributes, () => this.#at.display(name));
  }

  hasDefaultAcl(): boolean {
    return false;
  }

  flush(): void {}

  close(): void {}

  [Symbol.dispose](): void {}

  /**
   * Whether a spelling with replacement characters is the name itself. Several names can be damaged into one spelling, of
   * which at most one is real, and the listing does not tell which entry that is.
   */
  #isReal(text: string, suspects: Set<string>): boolean {
    if (suspects.has(text)) return false;
    suspects.add(text);
    try {
      Deno.lstatSync(this.#at.join(text));
      return true;
    } catch {
      return false; // whatever the reason, nothing can be done with this name, and it is reported as damaged
    }
  }

  /** Windows has two kinds of symbolic link. A target that does not exist counts as a file. */
  #linkType(target: string): "file" | "dir" {
    const isAbsolute = /^([/\\]|[A-Za-z]:)/.test(target);
    try {
      return Deno.statSync(isAbsolute ? target : this.#at.join(target)).isDirectory ? "dir" : "file";
    } catch {
      return "file"; // dangling, or not readable here
    }
  }
}

/** A batch of a listing that is being read. */
class GrowingBatch implements KindBatch {
  readonly names: ByteString[] = [];
  readonly kinds: EntryKind[] = [];
  readonly damaged: string[] = [];

  get size(): number {
    return this.names.length + this.damaged.length;
  }

  add({ name, isFile, isDirectory, isSymlink }: Deno.DirEntry): void {
    this.names.push(encodeText(name));
    // Deno tells nothing of what is none of the three.
    this.kinds.push(isDirectory ? "directory" : isFile ? "file" : isSymlink ? "symlink" : "unknown");
  }
}

function setTime(path: string, date: Date): void {
  Deno.utimeSync(path, date, date);
}

function setLinkTime(path: string, date: Date, shown: string): void {
  const { lutimesSync } = loadNodeFs();
  const ms = date.getTime();
  if (ms >= 0) return lutimesSync(path, toNodeSeconds(date), toNodeSeconds(date));
  if (ms % 1000 === 0) return lutimesSync(path, date, date);
  const reason = "a time before 1970 with a fraction of a second needs the native file system";
  throw fsError("unsupported", "set the time of", shown, undefined, { reason });
}
