/**
 * What a tree is, in a form that two trees can be compared by: one line an entry, everything a copy has to keep.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { asByteString, displayName, fromBytes } from "../../core/paths/bytes.ts";
import { requireTool } from "./shell.ts";

/** The entries of a tree: path (bytes that are not UTF-8 as `\xNN`) to everything known about it. */
export type Snapshot = Record<string, string>;

/** What a comparison leaves out. */
export interface SnapshotOptions {
  /** The directory itself. @default false */
  withoutRoot?: boolean;
  /** Owners, attributes, links and whatever else only Unix keeps. @default false on Linux, always elsewhere */
  basic?: boolean;
  /** Modification times. @default false */
  withoutTimes?: boolean;
}

/** Reads a tree completely, contents included. */
export function snapshot(root: string, options: SnapshotOptions = {}): Snapshot {
  if (Deno.build.os !== "linux" || options.basic) return basicSnapshot(root, options);
  const attributes = readAttributes(root);
  const hashes = hashFiles(root);
  const firstNames = new Map<string, string>();
  const result: Snapshot = {};
  for (const { path, inode, links, fields, kind, mtime } of listEntries(root)) {
    const parts = [...fields];
    if (!options.withoutTimes) parts.push(`mtime=${mtime}`);
    if (kind === "f") parts.push(`sha256=${hashes.get(path)}`);
    const attribute = attributes.get(path);
    if (attribute) parts.push(attribute);
    if (kind !== "d" && links > 1) {
      const first = firstNames.get(inode);
      if (first === undefined) firstNames.set(inode, path);
      parts.push(`same-as=${first ?? "itself"}`);
    }
    if (path !== "." || !options.withoutRoot) result[path] = parts.join(" ");
  }
  return result;
}

/** Fails unless both trees are the same, and shows the entries that are not. */
export function assertSameTree(
  actual: string | Snapshot,
  expected: string | Snapshot,
  options?: SnapshotOptions,
): void {
  const left = typeof actual === "string" ? snapshot(actual, options) : actual;
  const right = typeof expected === "string" ? snapshot(expected, options) : expected;
  const paths = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort();
  const differences = paths.filter((path) => left[path] !== right[path])
    .map((path) =>
      `${JSON.stringify(path)}\n    is        ${left[path] ?? "missing"}\n    should be ${right[path] ?? "absent"}`
    );
  if (differences.length > 0) {
    const shown = differences.slice(0, 20).join("\n");
    throw new Error(`The trees differ in ${differences.length} of ${paths.length} entries:\n${shown}`);
  }
}

/** The paths of a tree below its root, sorted, directories with a slash at the end. */
export function listPaths(root: string): string[] {
  const result: string[] = [];
  const pending = [""];
  for (let parent = pending.pop(); parent !== undefined; parent = pending.pop()) {
    for (const entry of Deno.readDirSync(`${root}/${parent}`)) {
      const path = `${parent}${entry.name}${entry.isDirectory ? "/" : ""}`;
      result.push(path);
      if (entry.isDirectory) pending.push(path);
    }
  }
  return result.sort();
}

/** Temporary names of Blit anywhere below. */
export function findTemporaries(root: string): string[] {
  const pattern = /(^|\/)\.blit-[0-9a-f]{16}\.tmp$/;
  if (Deno.build.os === "windows") return listPaths(root).filter((path) => pattern.test(path));
  // By `find`, which takes names that Deno cannot spell.
  const found = new TextDecoder().decode(requireTool("find", [root, "-name", ".blit-*.tmp", "-print0"]));
  return found.split("\0").filter((path) => pattern.test(path));
}

interface FoundEntry {
  path: string;
  kind: string;
  inode: string;
  links: number;
  mtime: string;
  fields: string[];
}

function listEntries(root: string): FoundEntry[] {
  const format = "%P\\0%y\\0%m\\0%U\\0%G\\0%s\\0%T@\\0%l\\0%D:%i\\0%n\\0";
  const values = fromBytes(requireTool("find", [root, "-printf", format])).split("\0");
  const entries: FoundEntry[] = [];
  for (let i = 0; i + 9 < values.length; i += 10) {
    const [path, kind, mode, uid, gid, size, mtime, target, inode, links] = values.slice(i, i + 10);
    const fields = [`${kind} mode=${mode} owner=${uid}:${gid}`];
    if (kind === "f") fields.push(`size=${size}`);
    if (kind === "l") fields.push(`target=${displayName(asByteString(target))}`);
    entries.push({ path: readable(path), kind, inode, links: Number(links), mtime, fields });
  }
  // By name, so that the first of several hard links is the same one in every copy.
  entries.sort((a, b) => a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
  const devices = entries.filter(({ kind }) => kind === "b" || kind === "c");
  if (devices.length > 0) addDeviceNumbers(root, devices);
  return entries;
}

function addDeviceNumbers(root: string, devices: readonly FoundEntry[]): void {
  const output = requireTool("find", [
    root,
    "(",
    "-type",
    "b",
    "-o",
    "-type",
    "c",
    ")",
    "-exec",
    "stat",
    "-c",
    "%t:%T %n",
    "{}",
    "+",
  ]);
  for (const line of new TextDecoder().decode(output).trimEnd().split("\n")) {
    const [numbers, ...rest] = line.split(" ");
    const path = rest.join(" ").slice(root.length + 1);
    devices.find((entry) => entry.path === path)?.fields.push(`device=${numbers}`);
  }
}

/** Extended attributes, ACLs among them, by path. */
function readAttributes(root: string): Map<string, string> {
  const output = fromBytes(
    requireTool("getfattr", ["-R", "-P", "-h", "-d", "-m", "-", "-e", "hex", "--absolute-names", root]),
  );
  const result = new Map<string, string>();
  for (const block of output.split("\n\n")) {
    const [header, ...lines] = block.split("\n");
    if (!header.startsWith("# file: ")) continue;
    const path = unescapeOctal(header.slice("# file: ".length)).slice(root.length + 1);
    result.set(readable(path), lines.filter((line) => line !== "").sort().join(" "));
  }
  return result;
}

function hashFiles(root: string): Map<string, string> {
  const small = ["-type", "f", "-size", `-${LARGE_MEBIBYTES}M`];
  const output = fromBytes(requireTool("find", [root, ...small, "-exec", "sha256sum", "-z", "--", "{}", "+"]));
  const result = new Map<string, string>();
  for (const line of output.split("\0")) {
    if (line !== "") result.set(readable(line.slice(66 + root.length + 1)), line.slice(0, 16));
  }
  const large = ["-type", "f", "-size", `+${LARGE_MEBIBYTES - 1}M`];
  const found = new TextDecoder().decode(requireTool("find", [root, ...large, "-print0"]));
  for (const path of found.split("\0")) {
    if (path !== "") result.set(path.slice(root.length + 1), hashSparse(path));
  }
  return result;
}

/** The hash of a large file's data and of where it is: reading a terabyte of holes would take an hour. */
function hashSparse(path: string): string {
  const slash = path.lastIndexOf("/");
  const plain = ["--mtime=@0", "--owner=0", "--group=0", "--mode=0", "--format=gnu"];
  const archive = requireTool("tar", ["-C", path.slice(0, slash), "-cSf", "-", ...plain, "--", path.slice(slash + 1)]);
  return createHash("sha256").update(archive).digest("hex").slice(0, 16);
}

/** Files from this size on are hashed by their data alone. */
const LARGE_MEBIBYTES = 64;

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

function readable(path: string): string {
  return path === "" ? "." : displayName(asByteString(path));
}

function basicSnapshot(root: string, options: SnapshotOptions): Snapshot {
  const result: Snapshot = {};
  for (const path of ["", ...listPaths(root)]) {
    if (path === "" && options.withoutRoot) continue;
    const full = path === "" ? root : `${root}/${path.replace(/\/$/, "")}`;
    const info = Deno.lstatSync(full);
    const parts = [info.isDirectory ? "d" : info.isSymlink ? "l" : info.isFile ? "f" : "other"];
    if (!info.isSymlink) {
      parts.push(`mode=${((info.mode ?? 0) & 0o7777).toString(8)}`);
      if (!options.withoutTimes) parts.push(`mtime=${info.mtime?.getTime()}`);
    }
    if (info.isSymlink) parts.push(`target=${Deno.readLinkSync(full)}`);
    if (info.isFile) parts.push(`sha256=${createHash("sha256").update(Deno.readFileSync(full)).digest("hex")}`);
    result[path] = parts.join(" ");
  }
  return result;
}
