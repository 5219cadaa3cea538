/**
 * A tree in memory, as the torture run draws, edits and unpacks it.
 *
 * @module
 */

/** What a file holds: bytes that follow from a number, with other bytes at some places. */
export interface Content {
  readonly size: number;
  readonly seed: number;
  /** Places where 16 bytes are others. */
  readonly changedAt: readonly number[];
  /** What is between the first and the last block of 4 KiB is a hole. */
  readonly sparse: boolean;
}

/** What every node carries. */
export interface Facts {
  mode: number;
  /** Nanoseconds since 1970. */
  mtime: bigint;
  uid: number;
  gid: number;
  xattrs: Readonly<Record<string, string>>;
  /** In the long form of `getfacl`, entries separated by commas. */
  acl: string | undefined;
}

/** One node; a file that several names lead to is one object. */
export type Node =
  | ({ kind: "file"; content: Content } & Facts)
  | ({ kind: "symlink"; target: string } & Facts)
  | ({ kind: "fifo" } & Facts)
  | Branch;
/** A directory: nodes by name, one character a byte. */
export type Branch = { kind: "directory"; children: Map<string, Node> } & Facts;
/** A regular file. */
export type FileNode = Extract<Node, { kind: "file" }>;

/** A name in its directory. */
export interface Spot {
  readonly parent: Branch;
  readonly name: string;
  readonly node: Node;
  /** From the root, one character a byte. */
  readonly path: string;
}

/** Every name below a directory, parents first. */
export function* spots(branch: Branch, prefix = ""): Generator<Spot> {
  for (const [name, node] of branch.children) {
    const path = prefix + name;
    yield { parent: branch, name, node, path };
    if (node.kind === "directory") yield* spots(node, `${path}/`);
  }
}

/** A copy that shares nothing, in which what was one file is one file. */
export function cloneBranch(branch: Branch, known = new Map<Node, Node>()): Branch {
  const children = new Map<string, Node>();
  for (const [name, node] of branch.children) children.set(name, cloneNode(node, known));
  return { ...branch, children };
}

function cloneNode(node: Node, known: Map<Node, Node>): Node {
  if (node.kind === "directory") return cloneBranch(node, known);
  const copy = known.get(node) ?? { ...node };
  known.set(node, copy);
  return copy;
}

const POOL_BYTES = 1 << 20;
const SPARSE_DATA_BYTES = 4096;
let pool: Uint8Array | undefined;

/** The bytes of a file. */
export function bytesOf(content: Content): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(content.size);
  for (const [at, length] of dataOf(content)) fill(bytes.subarray(at, at + length), content.seed + at);
  for (const at of content.changedAt) bytes.fill(0xa5 ^ (content.seed & 0xff), at, at + 16);
  return bytes;
}

/** Where data is, as places and lengths in order. */
export function dataOf({ size, changedAt, sparse }: Content): [at: number, length: number][] {
  if (!sparse || size <= 4 * SPARSE_DATA_BYTES) return [[0, size]];
  const starts = new Set([0, size - SPARSE_DATA_BYTES].map(alignDown));
  for (const at of changedAt) starts.add(alignDown(at)).add(alignDown(at + 15));
  return [...starts].filter((at) => at < size).sort((a, b) => a - b)
    .map((at) => [at, Math.min(SPARSE_DATA_BYTES, size - at)]);
}

function alignDown(at: number): number {
  return at - at % SPARSE_DATA_BYTES;
}

function fill(bytes: Uint8Array, seed: number): void {
  const random = pool ??= randomPool();
  let from = (Math.imul(seed, 0x9e3779b1) >>> 0) % POOL_BYTES;
  for (let at = 0; at < bytes.length;) {
    const length = Math.min(bytes.length - at, POOL_BYTES - from);
    bytes.set(random.subarray(from, from + length), at);
    at += length;
    from = 0;
  }
  for (let i = 0; i < Math.min(4, bytes.length); i++) bytes[i] = seed >>> (8 * i);
}

function randomPool(): Uint8Array {
  const bytes = new Uint8Array(POOL_BYTES);
  let state = 0x1234567;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}
