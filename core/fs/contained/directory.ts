/**
 * A directory of a module that is reached by path, with the evidence for each call that it did not leave the module.
 *
 * ```text
 * reads        are made again until nothing on the way changed meanwhile; what came from elsewhere is dropped
 * new entries  are created only where nothing is, and removed again where they came to be elsewhere
 * removals     of what others could swap are renames to a name that nobody knows, looked at, and then removed
 * metadata     of what others could swap is set through a handle that was looked at
 * ```
 *
 * @module
 */

import type { ByteString } from "../../paths/bytes.ts";
import { fsError } from "../failures.ts";
import { PortableDirectory } from "../portable_directory.ts";
import { Location } from "../portable_location.ts";
import type { PortableSink } from "../portable_sink.ts";
import type { PortableSource } from "../portable_source.ts";
import { isSameFile } from "../portable_stat.ts";
import type { Attributes, Directory, EntryKind, KindBatch, ListedBatch, SourceFile, Stat, Times } from "../types.ts";
import { hiddenName, isHiddenName } from "./hidden_name.ts";
import { MetadataHandle } from "./metadata_handle.ts";
import { learnOwnUid, tryForAMoment, Way, type WayOptions } from "./way.ts";

/** How often a directory is listed whose entries change meanwhile. */
const MOST_LISTINGS = 3;

/** A directory by its path, in a module. */
export class ContainedDirectory implements Directory {
  readonly #at: Location;
  readonly #inner: PortableDirectory;
  readonly #way: Way;
  readonly #options: WayOptions;

  private constructor(at: Location, paths: readonly string[], options: WayOptions) {
    this.#at = at;
    this.#inner = new PortableDirectory(at, false);
    this.#way = new Way(paths, at, options);
    this.#options = options;
  }

  /** A module's root, whose path is canonical. */
  static root(at: Location, options: WayOptions): ContainedDirectory {
    return new ContainedDirectory(at, [at.path], options);
  }

  openDirectory(path: ByteString): ContainedDirectory {
    const directory = this.#below(path);
    directory.#way.prove("open directory");
    return directory;
  }

  /** {@linkcode openDirectory} that leaves all looking to the first call on the directory. */
  expectDirectory(path: ByteString): ContainedDirectory {
    return this.#below(path);
  }

  stat(): Stat {
    return this.#way.read("inspect", () => this.#inner.stat());
  }

  statEntry(name: ByteString): Stat | undefined {
    return this.#way.read("inspect", () => this.#inner.statEntry(name));
  }

  *list(): Generator<ListedBatch> {
    // Deno has read all names when it gives the first one.
    yield* this.#way.read("read directory", () => [...this.#inner.list()]);
  }

  /**
   * No evidence covers a call that takes turns. So the names are those that came from here for certain, and what is read besides says
   * whether they are all, and nothing else.
   */
  async listWhole(): Promise<ListedBatch[]> {
    for (let i = 0; i < MOST_LISTINGS; i++) {
      this.#way.prove("read directory");
      const { directory } = this.#way;
      const whole = await this.#inner.listWhole().catch(() => undefined);
      const batches = [...this.list()];
      // The same evidence held all the time.
      const isFromHere = this.#way.directory === directory;
      if (isFromHere && whole !== undefined && hasNothingElse(whole, batches)) return batches;
    }
    throw fsError("io", "read directory", this.#at.shown, undefined, { reason: "not all of it could be read" });
  }

  *listKinds(): Generator<KindBatch> {
    yield* this.#way.read("read directory", () => [...this.#inner.listKinds()]);
  }

  readLink(name: ByteString): ByteString {
    return this.#way.read("read symbolic link", () => this.#inner.readLink(name));
  }

  openFile(name: ByteString, known?: Stat): SourceFile {
    return this.#way.read("open", () => this.#openFile(name, known), (file) => file.close());
  }

  createFile(name: ByteString, mode: number): PortableSink {
    let created: Stat | undefined;
    return this.#way.change({
      action: "create",
      isShared: true,
      act: () => {
        const sink = this.#inner.createFile(name, mode);
        learnOwnUid(() => sink.stat().uid);
        return sink;
      },
      isDone: (sink) => this.#isHere(name, created ??= sink.stat()),
      undo: (sink) => {
        created ??= sink.stat();
        sink.close();
        return this.#removeCreated(name, created);
      },
    });
  }

  openForUpdate(name: ByteString): PortableSink {
    return this.#way.read("open", () => this.#inner.openForUpdate(name), (sink) => sink.close());
  }

  createDirectory(name: ByteString, mode: number): void {
    this.#create("create directory", name, () => this.#inner.createDirectory(name, mode));
  }

  createSymlink(name: ByteString, target: ByteString): void {
    this.#create("create symbolic link", name, () => this.#inner.createSymlink(name, target));
  }

  createSpecial(name: ByteString, kind: EntryKind, mode: number, rdev: number): void {
    this.#inner.createSpecial(name, kind, mode, rdev);
  }

  createHardLink(existing: Directory, existingName: ByteString, name: ByteString): void {
    const action = "create hard link";
    const from = existing as ContainedDirectory;
    const known = from.statEntry(existingName);
    if (known === undefined) throw fsError("not-found", action, this.#at.display(name));
    this.#create(action, name, () => {
      from.#requireHere(action);
      this.#inner.createHardLink(from.#inner, existingName, name);
    });
    if (this.#way.read(action, () => this.#isHere(name, known))) return;
    // The first name stood for something else when it was linked.
    this.removeFile(name);
    throw fsError("changed", action, this.#at.display(name));
  }

  rename(from: ByteString, to: ByteString): void {
    this.#way.change({
      action: "rename",
      act: () => this.#inner.rename(from, to),
      isOnlyHere: isHiddenName(from),
      isDone: () => this.#inner.statEntry(to) !== undefined && this.#inner.statEntry(from) === undefined,
      undo: () => !isHiddenName(to) || this.#renameBack(to, from),
    });
  }

  moveHere(from: Directory, fromName: ByteString, name: ByteString): void {
    const action = "move";
    const other = from as ContainedDirectory;
    this.#way.change({
      action,
      isOnlyHere: isHiddenName(fromName),
      act: () => {
        other.#requireHere(action);
        this.#inner.moveHere(other.#inner, fromName, name);
      },
      isDone: () => this.#inner.statEntry(name) !== undefined,
    });
  }

  removeFile(name: ByteString): void {
    this.#remove("remove", name, (known) => {
      if (known.kind === "directory") throw fsError("is-directory", "remove", this.#at.display(name));
    }, (each) => this.#inner.removeFile(each));
  }

  removeDirectory(name: ByteString): void {
    const action = "remove directory";
    this.#remove(action, name, (known) => {
      if (known.kind !== "directory") throw fsError("not-directory", action, this.#at.display(name));
    }, (each) => this.#inner.removeDirectory(each));
  }

  setMode(name: ByteString | undefined, mode: number): void {
    this.#setMetadata("set the mode of", name, (handle) => handle.setMode(mode), () => this.#inner.setMode(name, mode));
  }

  setOwner(name: ByteString | undefined, uid: number, gid: number): void {
    const byPath = (): void => this.#inner.setOwner(name, uid, gid);
    this.#setMetadata("set the owner of", name, (handle) => handle.setOwner(uid, gid), byPath);
  }

  setTimes(name: ByteString | undefined, times: Times): void {
    const byPath = (): void => this.#inner.setTimes(name, times);
    this.#setMetadata("set the time of", name, (handle) => handle.setTimes(times), byPath);
  }

  readAttributes(_name: ByteString | undefined): undefined {
    return undefined;
  }

  writeAttributes(name: ByteString | undefined, attributes: Attributes | undefined): void {
    this.#inner.writeAttributes(name, attributes);
  }

  hasDefaultAcl(): boolean {
    return false;
  }

  flush(): void {}

  close(): void {}

  [Symbol.dispose](): void {}

  #below(path: ByteString): ContainedDirectory {
    if (path === "") return new ContainedDirectory(this.#at, this.#way.paths, this.#options);
    const paths = this.#at.spellWay("open directory", path);
    const at = new Location(paths.at(-1)!, this.#at.display(path));
    return new ContainedDirectory(at, [...this.#way.paths, ...paths], this.#options);
  }

  /** To be called within a section. */
  #requireHere(action: string): void {
    if (!this.#way.holds()) throw fsError("changed", action, this.#at.shown);
  }

  #openFile(name: ByteString, known: Stat | undefined): PortableSource {
    const file = this.#inner.openFile(name, known);
    try {
      file.stat(); // compares it with what its name stands for, which the first read would do otherwise
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  #isHere(name: ByteString, known: Stat): boolean {
    const found = this.#inner.statEntry(name);
    return found !== undefined && found.kind === known.kind && isSameFile(found, known);
  }

  /** Creates what has no handle: what it has become is asked right after. */
  #create(action: string, name: ByteString, create: () => void): void {
    const made = this.#way.change<Stat | undefined>({
      action,
      act: () => {
        create();
        return this.#inner.statEntry(name);
      },
      isDone: (created) => created !== undefined && this.#isHere(name, created),
      undo: (created) => created !== undefined && this.#removeCreated(name, created),
    });
    if (made?.kind === "directory") learnOwnUid(() => made.uid);
  }

  /** Removes what we have just created, wherever the path leads now. Under a name of its own nothing else can be meant. */
  #removeCreated(name: ByteString, created: Stat): boolean {
    if (!this.#isHere(name, created)) return false;
    const hidden = hiddenName();
    this.#inner.rename(name, hidden);
    return tryForAMoment(() => {
      const found = this.#inner.statEntry(hidden);
      if (found === undefined) return false;
      if (!isSameFile(found, created)) this.#inner.rename(hidden, name);
      else if (found.kind === "directory") this.#inner.removeDirectory(hidden);
      else this.#inner.removeFile(hidden);
      return true;
    });
  }

  #remove(action: string, name: ByteString, check: (known: Stat) => void, remove: (name: ByteString) => void): void {
    this.#way.prove(action);
    const isGone = (): boolean => this.#inner.statEntry(name) === undefined;
    if (!this.#way.isLoose) return this.#way.change({ action, act: () => remove(name), isDone: isGone });
    const known = this.statEntry(name);
    if (known === undefined) throw fsError("not-found", action, this.#at.display(name));
    check(known);
    const hidden = hiddenName();
    this.#way.change({
      action,
      act: () => this.#inner.rename(name, hidden),
      isDone: () => this.#isHere(hidden, known),
      undo: () => this.#renameBack(hidden, name),
    });
    // From here on its name exists in this directory only, so wherever the path leads, nothing else is removed.
    let failure: unknown;
    const isRemoved = tryForAMoment(() => {
      try {
        remove(hidden);
        return true;
      } catch (error) {
        failure = error;
        throw error;
      }
    });
    if (isRemoved) return;
    tryForAMoment(() => this.#renameBack(hidden, name));
    throw failure;
  }

  #renameBack(from: ByteString, to: ByteString): boolean {
    this.#inner.rename(from, to);
    return true;
  }

  #setMetadata(
    action: string,
    name: ByteString | undefined,
    set: (handle: MetadataHandle) => void,
    setByPath: () => void,
  ): void {
    this.#way.prove(action);
    const byPath = (): void => this.#way.change({ action, isShared: true, act: setByPath });
    if (!this.#way.isLoose) return byPath();
    const known = name === undefined ? this.stat() : this.statEntry(name);
    if (known === undefined) throw fsError("not-found", action, this.#at.display(name));
    const path = name === undefined ? this.#at.path : this.#at.spell(action, name);
    const open = (): MetadataHandle | undefined => MetadataHandle.open(path, known, action, this.#at.display(name));
    using handle = this.#way.read(action, open, (opened) => opened?.[Symbol.dispose]());
    if (handle === undefined) byPath(); // there are no handles on links, and none on what must not be read
    else set(handle);
  }
}

function hasNothingElse(listed: readonly ListedBatch[], known: readonly ListedBatch[]): boolean {
  const all = new Set(known.flatMap(({ names, damaged }) => [...names, ...damaged]));
  return listed.every(({ names, damaged }) => [...names, ...damaged].every((name) => all.has(name)));
}
