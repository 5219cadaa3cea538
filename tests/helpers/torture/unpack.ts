/**
 * A tree on the disk, by way of an archive that GNU tar unpacks: one process for thousands of entries, none of it Blit's code.
 *
 * @module
 */

import { type Branch, bytesOf, dataOf, type Node, spots } from "./forest.ts";

const BLOCK = 512;

/** Creates a directory with everything in it. */
export async function unpack(branch: Branch, directory: string): Promise<void> {
  Deno.mkdirSync(directory);
  const options = ["--xattrs", "--xattrs-include=*", "--acls", "--same-owner", "-p", "--delay-directory-restore"];
  const tar = new Deno.Command("tar", {
    args: ["-x", "-C", directory, "--numeric-owner", "--warning=no-timestamp", ...options, "-f", "-"],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
    env: { LC_ALL: "C" },
  }).spawn();
  const written = ReadableStream.from(archive(branch)).pipeTo(tar.stdin);
  const { success, stderr } = await tar.output();
  await written;
  if (!success) throw new Error(`tar: ${new TextDecoder().decode(stderr)}`);
}

function* archive(branch: Branch): Generator<Uint8Array<ArrayBuffer>> {
  const first = new Map<Node, string>();
  yield* member("./", branch, undefined);
  for (const { path, node } of spots(branch)) {
    const link = first.get(node);
    if (node.kind !== "directory") first.set(node, path);
    yield* member(`./${path}${node.kind === "directory" ? "/" : ""}`, node, link && `./${link}`);
  }
  yield new Uint8Array(2 * BLOCK);
}

function* member(path: string, node: Node, link: string | undefined): Generator<Uint8Array<ArrayBuffer>> {
  const target = link ?? (node.kind === "symlink" ? node.target : undefined);
  const facts: string[] = [record("path", path), record("mtime", decimal(node.mtime))];
  if (target !== undefined) facts.push(record("linkpath", target));
  if (link === undefined) {
    for (const [name, value] of Object.entries(node.xattrs)) facts.push(record(`SCHILY.xattr.${name}`, value));
    if (node.acl !== undefined) facts.push(record("SCHILY.acl.access", node.acl));
  }
  const { bytes, facts: sparse } = link === undefined ? contentOf(node) : { bytes: new Uint8Array(), facts: [] };
  if (sparse.length > 0) facts.push(...sparse, record("GNU.sparse.name", path));
  const extended = latin1(facts.join(""));
  yield header("x", { name: "pax", size: extended.length });
  yield padded(extended);
  const type = link === undefined ? { file: "0", symlink: "2", fifo: "6", directory: "5" }[node.kind] : "1";
  yield header(type, { name: "member", size: bytes.length, mode: node.mode, uid: node.uid, gid: node.gid });
  if (bytes.length > 0) yield padded(bytes);
}

/** The content of a member, and its size in the form that GNU tar calls sparse 1.0 where it has holes. */
function contentOf(node: Node): { bytes: Uint8Array<ArrayBuffer>; facts: string[] } {
  if (node.kind !== "file") return { bytes: new Uint8Array(), facts: [] };
  const whole = bytesOf(node.content);
  if (!node.content.sparse) return { bytes: whole, facts: [] };
  const pieces = dataOf(node.content);
  const map = padded(latin1(`${pieces.length}\n${pieces.map(([at, length]) => `${at}\n${length}\n`).join("")}`));
  const bytes = new Uint8Array(map.length + pieces.reduce((sum, [, length]) => sum + length, 0));
  bytes.set(map);
  let position = map.length;
  for (const [at, length] of pieces) {
    bytes.set(whole.subarray(at, at + length), position);
    position += length;
  }
  const facts = ["major=1", "minor=0", `realsize=${whole.length}`].map((fact) => {
    const [key, value] = fact.split("=");
    return record(`GNU.sparse.${key}`, value);
  });
  return { bytes, facts };
}

function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (`${length}`.length + rest.length !== length) length = `${length}`.length + rest.length;
  return `${length}${rest}`;
}

function decimal(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? "-" : "";
  const digits = `${nanoseconds < 0n ? -nanoseconds : nanoseconds}`.padStart(10, "0");
  return `${sign}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

interface Header {
  name: string;
  size: number;
  mode?: number;
  uid?: number;
  gid?: number;
}

function header(type: string, { name, size, mode = 0, uid = 0, gid = 0 }: Header): Uint8Array<ArrayBuffer> {
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, "0")}\0`;
  const fields = [
    name.padEnd(100, "\0"),
    octal(mode, 8),
    octal(uid, 8),
    octal(gid, 8),
    octal(size, 12),
    octal(0, 12),
    " ".repeat(8),
    type,
    "\0".repeat(100),
    "ustar\x0000",
  ];
  const block = new Uint8Array(BLOCK);
  block.set(latin1(fields.join("")));
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.set(latin1(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  return block;
}

function padded(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.length % BLOCK === 0) return bytes;
  const whole = new Uint8Array(Math.ceil(bytes.length / BLOCK) * BLOCK);
  whole.set(bytes);
  return whole;
}

function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
