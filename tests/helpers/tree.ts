/**
 * Trees written as literals and built with the tools of the system, independent of the code under test.
 *
 * What Deno can create it creates; byte names, attributes, ACLs, special files, owners and nanoseconds go through real
 * tools in one script, since one process an entry would dominate the run of a property test.
 *
 * @module
 */

import { asByteString, type ByteString, decodeText, encodeText, joinBytes } from "../../core/paths/bytes.ts";
import { quoteBytes, runScript } from "./shell.ts";

/** What every kind of entry can carry. */
export interface Metadata {
  mode?: number;
  /** In the form of `touch -d`, such as `1960-01-02T03:04:05.123456789Z`. */
  mtime?: string;
  owner?: readonly [uid: number, gid: number];
  /** Values in the form of `setfattr -v`: text, `"text"` or `0x` and hexadecimal digits. */
  xattrs?: Readonly<Record<string, string>>;
  /** In the form of `setfacl -m`; an entry that starts with `d:` goes to the default ACL. */
  acl?: string;
}

/** A tree: entries by name. A name is text, or bytes by {@linkcode rawName}. */
export interface Tree {
  readonly [name: string]: Entry | string;
}

/** One entry of a tree; a text stands for a file with this content. */
export type Entry =
  | ({ kind: "file"; content: string; size?: number; pieces?: readonly Piece[] } & Metadata)
  | ({ kind: "directory"; entries: Tree } & Metadata)
  | ({ kind: "symlink"; target: string } & Metadata)
  | ({ kind: "fifo" | "socket" } & Metadata)
  | ({ kind: "device"; type: "b" | "c"; major: number; minor: number } & Metadata)
  | { kind: "link"; to: string };

/** Data in a sparse file. */
export interface Piece {
  at: number;
  text: string;
}

/** A name, target or path given as bytes, one character (up to `\xff`) a byte. */
export function rawName(bytes: string): string {
  return `\0${bytes}`;
}

/** The bytes of a name of a {@linkcode Tree}. */
export function nameBytes(name: string): ByteString {
  return name.startsWith("\0") ? asByteString(name.slice(1)) : encodeText(name);
}

/** A regular file. */
export function file(content: string, metadata: Metadata = {}): Entry {
  return { kind: "file", content, ...metadata };
}

/** A file with holes: `size` bytes of which only the pieces are data. */
export function sparse(size: number, pieces: readonly Piece[], metadata: Metadata = {}): Entry {
  return { kind: "file", content: "", size, pieces, ...metadata };
}

/** A directory. */
export function dir(entries: Tree = {}, metadata: Metadata = {}): Entry {
  return { kind: "directory", entries, ...metadata };
}

/** A symbolic link. */
export function symlink(target: string, metadata: Metadata = {}): Entry {
  return { kind: "symlink", target, ...metadata };
}

/** Another name of an entry of the same tree, given by its path from the tree's root. */
export function link(to: string): Entry {
  return { kind: "link", to };
}

/** A FIFO. */
export function fifo(metadata: Metadata = {}): Entry {
  return { kind: "fifo", ...metadata };
}

/** A socket that nobody listens on. */
export function socket(): Entry {
  return { kind: "socket" };
}

/** A device node; needs root. */
export function device(type: "b" | "c", major: number, minor: number, metadata: Metadata = {}): Entry {
  return { kind: "device", type, major, minor, ...metadata };
}

/** Builds a tree in a directory, which is created. */
export function buildTree(root: string, tree: Tree, metadata: Metadata = {}): string {
  Deno.mkdirSync(root, { recursive: true });
  const builder = new Builder(root);
  builder.addAll(asByteString(""), tree);
  builder.finish(metadata);
  return root;
}

class Builder {
  readonly #root: string;
  readonly #script: string[] = [];
  readonly #links: string[] = [];
  /** Directories last and deepest first: what is created in them changes their times, and a mode may close them. */
  readonly #late: string[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  addAll(parent: ByteString, tree: Tree): void {
    for (const [name, value] of Object.entries(tree)) {
      this.#add(joinBytes(parent, nameBytes(name)), typeof value === "string" ? file(value) : value);
    }
  }

  finish(rootMetadata: Metadata): void {
    this.#late.push(...metadataLines(quotePath(asByteString(".")), rootMetadata));
    runScript([...this.#script, ...this.#links, ...this.#late], this.#root);
  }

  #add(path: ByteString, entry: Entry): void {
    if (entry.kind === "link") {
      this.#links.push(`ln -P -- ${quotePath(nameBytes(entry.to))} ${quotePath(path)}`);
      return;
    }
    const text = decodeText(path);
    const native = text === undefined ? undefined : `${this.#root}/${text}`;
    const creation = (native !== undefined && createWithDeno(native, entry)) ? [] : creationLines(path, entry);
    this.#script.push(...creation);
    if (entry.kind === "directory") {
      this.addAll(path, entry.entries);
      this.#late.push(...metadataLines(quotePath(path), entry));
    } else if (native === undefined || creation.length > 0 || !setWithDeno(native, entry)) {
      this.#script.push(...metadataLines(quotePath(path), entry, entry.kind === "symlink"));
    }
  }
}

/** Creates what Deno can; `false` leaves it to the script. */
function createWithDeno(path: string, entry: Entry): boolean {
  if (entry.kind === "file") {
    writeFile(path, entry);
    return true;
  }
  if (entry.kind === "directory") {
    Deno.mkdirSync(path);
    return true;
  }
  if (entry.kind === "socket") {
    createSocket(path);
    return true;
  }
  const target = entry.kind === "symlink" ? decodeText(nameBytes(entry.target)) : undefined;
  if (target === undefined) return false;
  Deno.symlinkSync(target, path);
  return true;
}

function writeFile(path: string, { content, size, pieces }: Extract<Entry, { kind: "file" }>): void {
  if (size === undefined) {
    Deno.writeTextFileSync(path, content);
    return;
  }
  using open = Deno.openSync(path, { write: true, createNew: true });
  open.truncateSync(size);
  for (const piece of pieces ?? []) {
    open.seekSync(piece.at, Deno.SeekMode.Start);
    open.writeSync(new TextEncoder().encode(piece.text));
  }
}

function createSocket(path: string): void {
  // Bound in a short place and moved: the address of a socket holds 107 bytes at most.
  const short = Deno.makeTempDirSync({ prefix: "bs" });
  using _listener = Deno.listen({ transport: "unix", path: `${short}/s` });
  Deno.renameSync(`${short}/s`, path);
  Deno.removeSync(short);
}

function creationLines(path: ByteString, entry: Entry): string[] {
  const word = quotePath(path);
  switch (entry.kind) {
    case "file":
      if (entry.size !== undefined) throw new Error("A sparse file needs a name in UTF-8");
      return [`printf %s ${quoteBytes(encodeText(entry.content))} > ${word}`];
    case "directory":
      return [`mkdir ${word}`];
    case "symlink":
      return [`ln -s -- ${quoteBytes(nameBytes(entry.target))} ${word}`];
    case "fifo":
      return [`mkfifo ${word}`];
    case "device":
      return [`mknod ${word} ${entry.type} ${entry.major} ${entry.minor}`];
    default:
      throw new Error(`A ${entry.kind} needs a name in UTF-8`);
  }
}

/** Sets the metadata where Deno can express all of it; `false` leaves it to the script. */
function setWithDeno(path: string, metadata: Entry & Metadata): boolean {
  const { mode, mtime, owner, xattrs, acl, kind } = metadata;
  if (owner || xattrs || acl) return false;
  if (mtime && (kind === "symlink" || /\.\d{4}/.test(mtime))) return false;
  if (mode !== undefined && kind !== "symlink" && Deno.build.os !== "windows") Deno.chmodSync(path, mode);
  if (mtime) Deno.utimeSync(path, new Date(mtime), new Date(mtime));
  return true;
}

function metadataLines(word: string, metadata: Metadata, isLink = false): string[] {
  const lines: string[] = [];
  if (metadata.owner) lines.push(`chown -h ${metadata.owner.join(":")} -- ${word}`);
  for (const [name, value] of Object.entries(metadata.xattrs ?? {})) {
    lines.push(`setfattr -h -n ${quoteBytes(encodeText(name))} -v ${quoteBytes(encodeText(value))} -- ${word}`);
  }
  if (metadata.acl) lines.push(`setfacl -m ${quoteBytes(encodeText(metadata.acl))} -- ${word}`);
  // After the owner, whose change clears the set-id bits. Five digits, or `chmod` keeps those of a directory.
  if (metadata.mode !== undefined && !isLink) {
    lines.push(`chmod ${metadata.mode.toString(8).padStart(5, "0")} -- ${word}`);
  }
  if (metadata.mtime) lines.push(`touch -h -m -d ${metadata.mtime} -- ${word}`);
  return lines;
}

function quotePath(path: ByteString): string {
  return quoteBytes(path === "." ? path : asByteString(`./${path}`));
}
