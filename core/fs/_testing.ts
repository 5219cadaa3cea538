/**
 * The suite's harness: one test for each file system, in a fresh directory.
 *
 * @module
 */

import { BlitError } from "../errors.ts";
import { asByteString, type ByteString, encodeText, fromBytes, toBytes } from "../paths/bytes.ts";
import { createModuleLock, openContained } from "./contained/mod.ts";
import { createNativeFileSystem } from "./native_linux.ts";
import { portableFileSystem } from "./portable.ts";
import type { Directory, FileSystem, SinkFile, SourceFile } from "./types.ts";

const native = createNativeFileSystem();
/** Every implementation that works here. */
export const fileSystems: readonly FileSystem[] = native === undefined
  ? [portableFileSystem]
  : [portableFileSystem, native];

/** The directories of modules of a portable daemon, and those where other users can swap them: `label` tells them apart. */
const contained: readonly { label: string; fs: FileSystem; mode: number }[] = [
  { label: "contained", fs: { ...portableFileSystem, openRoot: openInModule }, mode: 0o755 },
  { label: "contained among others", fs: { ...portableFileSystem, openRoot: openInModule }, mode: 0o777 },
];

const moduleLock = createModuleLock();

/** Opens a directory as one of a module that is the directory above. */
function openInModule(path: string, shown: string = path): Directory {
  const plain = path.replace(/[/\\]$/, "");
  const end = Math.max(plain.lastIndexOf("/"), plain.lastIndexOf("\\"));
  const above = openContained(Deno.realPathSync(plain.slice(0, end) || "/"), {
    shown: shown.replace(/[/\\]+[^/\\]*[/\\]?$/, ""),
    lock: moduleLock,
    longestWaitMs: 10_000,
  });
  return above.openDirectory(encodeText(plain.slice(end + 1)));
}

export const isUnix = Deno.build.os !== "windows";
export const isLinux = Deno.build.os === "linux";
export const isLinuxRoot = isLinux && Deno.uid() === 0;

/** Deno shows `/proc` and `/dev` only where everything is allowed. */
export const isLinuxUnrestricted: boolean = isLinux && isReadable("/proc/self") && isReadable("/dev");

function isReadable(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false; // not allowed; the tests that need it are ignored
  }
}

/** What a test works with. */
export interface Scratch {
  readonly fs: FileSystem;
  /** An empty directory, removed after the test. */
  readonly path: string;
  /** The same, opened. */
  readonly root: Directory;
}

/** Options of {@linkcode eachFileSystem}. */
export interface SuiteOptions {
  /** Whether the test means anything for this implementation here. */
  readonly when?: boolean | ((fs: FileSystem) => boolean);
  /** Whether it is about a path as its user types it, which is no path into a module. @default {false} */
  readonly ofUserPaths?: boolean;
}

/** Registers a test for each implementation; its name is a sentence about the interface. */
export function eachFileSystem(
  sentence: string,
  run: (scratch: Scratch) => void | Promise<void>,
  { when = true, ofUserPaths = false }: SuiteOptions = {},
): void {
  const ordinary = fileSystems.map((fs) => ({ label: fs.name, fs, mode: 0o755 }));
  for (const { label, fs, mode } of [...ordinary, ...ofUserPaths ? [] : contained]) {
    const ignore = !(typeof when === "boolean" ? when : when(fs));
    Deno.test({ name: `${label}: ${sentence}`, ignore, fn: () => inScratch(fs, run, mode) });
  }
}

/** @param mode of the directory above */
async function inScratch(
  fs: FileSystem,
  run: (scratch: Scratch) => void | Promise<void>,
  mode: number,
): Promise<void> {
  const above = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "blit-fs-" }));
  if (isUnix) Deno.chmodSync(above, mode);
  const path = `${above}/scratch`;
  Deno.mkdirSync(path, { mode: 0o700 });
  const root = fs.openRoot(path);
  try {
    await run({ fs, path, root });
  } finally {
    root.close();
    Deno.removeSync(above, { recursive: true });
  }
}

/** A readable name as bytes. */
export function name(text: string): ByteString {
  return encodeText(text);
}

/** A name of these bytes, UTF-8 or not. */
export function byteName(...bytes: number[]): ByteString {
  return fromBytes(new Uint8Array(bytes));
}

/** The error that a call throws; it must be a `BlitError`. */
export function failureOf(call: () => unknown): BlitError {
  try {
    call();
  } catch (error) {
    if (error instanceof BlitError) return error;
    throw error;
  }
  throw new Error("the call did not fail");
}

/** Creates a file with this content. */
export function put(directory: Directory, fileName: string, content: string, mode = 0o644): void {
  const sink = directory.createFile(name(fileName), mode);
  writeText(sink, content);
  sink.close();
}

/** The content of a file. */
export function get(directory: Directory, fileName: ByteString): string {
  const source = directory.openFile(fileName);
  try {
    return readText(source);
  } finally {
    source.close();
  }
}

/** Writes a text at the file's own position. */
export function writeText(sink: SinkFile, text: string): void {
  const bytes = new TextEncoder().encode(text);
  sink.write(bytes, bytes.length);
}

/** Reads the rest of a file, a few bytes at a time. */
export function readText(source: SourceFile, pieceBytes = 7): string {
  const buffer = new Uint8Array(pieceBytes);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let text = "";
  for (;;) {
    const count = source.read(buffer, pieceBytes);
    if (count === 0) return text + decoder.decode();
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
}

/** Everything that a directory lists. */
export function listAll(directory: Directory): { names: ByteString[]; damaged: string[] } {
  const names: ByteString[] = [];
  const damaged: string[] = [];
  for (const batch of directory.list()) {
    names.push(...batch.names);
    damaged.push(...batch.damaged);
  }
  return { names, damaged };
}

/** Runs a program to its end and returns what it printed. */
export function run(program: string, args: readonly string[]): string {
  const { success, stdout, stderr } = new Deno.Command(program, { args: [...args] }).outputSync();
  if (!success) throw new Error(`${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).trimEnd();
}

/** Runs a shell script in a directory. Bash knows `$'\xff'`, which no argument of `Deno.Command` can hold. */
export function shell(path: string, script: string): string {
  return run("bash", ["-c", 'cd "$0" && eval "$1"', path, script]);
}

/** Mounts a file system in a directory while a function runs. Needs root. */
export function withTmpfs(path: string, options: string, use: () => void): void {
  run("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path]);
  try {
    use();
  } finally {
    run("umount", ["-l", path]);
  }
}

/** Whether a tmpfs can be mounted: root in a container often may not. */
export const canMount: boolean = isLinuxRoot && mountWorks();

function mountWorks(): boolean {
  const path = Deno.makeTempDirSync();
  try {
    withTmpfs(path, "size=4k", () => {});
    return true;
  } catch {
    return false; // not allowed here; the tests that need it are ignored
  } finally {
    Deno.removeSync(path);
  }
}

/** Names for people, so that a failing comparison is readable. */
export function hex(names: readonly ByteString[]): string[] {
  return names.map((each) => Array.from(toBytes(each), (byte) => byte.toString(16).padStart(2, "0")).join(""));
}

/** Joins names into a path below. */
export function below(...names: string[]): ByteString {
  return asByteString(names.join("/"));
}
