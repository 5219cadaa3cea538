/**
 * Draws trees whose directories and files are about as large as the batches, windows and bounds inside Blit, and larger.
 *
 * @module
 */

import type { Dice } from "./dice.ts";
import type { Branch, Content, Facts, FileNode, Node } from "./forest.ts";

/** What a tree may hold. */
export interface Soil {
  /** Only what the portable file system keeps: names in UTF-8, milliseconds, no attributes, no FIFOs. */
  readonly portable: boolean;
  /** About how many entries. */
  readonly entries: number;
  /** About how many bytes. */
  readonly bytes: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;
/** Around every bound of `core/transfer/**` and `core/wire/limits.ts`; small ones more often. */
const BOUNDS = [4, 4, 16, 16, 64, 64, 64, 128, 128, 256, 256, 512, 512, 1024, 1024, 1024, 2048, 4096];
const LARGE_BOUNDS = [4096, 8192, 16_384, 32_768, 65_536];
/** Of all files together, holes included: reading them takes time. */
const MOST_APPARENT_BYTES = 50 * MIB;
const DIRECTORY_SIZES = [
  0,
  1,
  2,
  5,
  20,
  63,
  64,
  65,
  128,
  129,
  499,
  500,
  501,
  511,
  512,
  513,
  999,
  1000,
  1001,
  2500,
  6001,
];
const NAMES = ["f", "f", "f", "data.", "x y ", "log\n", "-n", "é", "build", "keep.o", "'\"\\", "ünï"];
const ODD_NAMES = [
  "\xff\xfe",
  "caf\xe9",
  "\x01\x02",
  "*",
  "?[",
  " ",
  "a\\b",
  "\x7f",
  "~",
  "#1#",
  ".hidden",
  "\x1b[31m",
];

/** Draws one tree after another. */
export class Grower {
  #entries = 0;
  #bytes = 0;
  #apparent = MOST_APPARENT_BYTES;
  #isLinked = false;
  #seed = 1;

  constructor(readonly dice: Dice, readonly soil: Soil) {}

  tree(): Branch {
    [this.#entries, this.#bytes] = [this.soil.entries, this.soil.bytes];
    this.#isLinked = this.dice.chance(0.4);
    const root = this.#branch(0);
    const files: FileNode[] = [];
    this.#fill(root, this.#directorySize(), 0, files);
    while (this.#entries > 0 && this.dice.chance(0.8)) this.#fill(root, this.#directorySize(), 0, files);
    return root;
  }

  #directorySize(): number {
    return Math.min(this.dice.pick(DIRECTORY_SIZES), this.#entries);
  }

  #fill(parent: Branch, count: number, depth: number, files: FileNode[]): void {
    const branches: Branch[] = [];
    // A directory is mostly of one kind of thing, as real ones are.
    const [links, directories] = [this.dice.pick([0.02, 0.1, 0.3, 0.95]), this.dice.pick([0, 0.01, 0.05, 0.5])];
    const plain = this.dice.chance(0.6);
    for (let i = 0; i < count && this.#entries > 0; i++) {
      this.#entries--;
      const name = this.#name(i);
      if (parent.children.has(name)) continue;
      const node = this.dice.chance(directories) && depth < 40
        ? this.#branch(depth)
        : this.#isLinked && this.dice.chance(links) && files.length > 0
        ? this.dice.pick(files)
        : this.leaf(plain);
      parent.children.set(name, node);
      if (node.kind === "directory") branches.push(node);
      else if (node.kind === "file") files.push(node);
    }
    for (const branch of branches) {
      const own = this.dice.chance(0.5) ? this.dice.below(8) : this.#directorySize();
      this.#fill(branch, own, depth + 1, files);
    }
  }

  /** A new name for the n-th entry of a directory. */
  #name(n: number): string {
    const { dice, soil } = this;
    if (!soil.portable && dice.chance(0.01)) return `${dice.pick(ODD_NAMES)}${n % 3 === 0 ? "" : n}`;
    if (dice.chance(0.005)) return `${n}`.padEnd(255, "L");
    return utf8(dice.chance(0.9) ? `f${n}` : `${dice.pick(NAMES)}${n}`);
  }

  #branch(depth: number): Branch {
    const facts = this.facts();
    const mode = depth > 0 && this.dice.chance(0.1) ? this.dice.pick([0o000, 0o500, 0o111]) : facts.mode | 0o700;
    return { kind: "directory", children: new Map(), ...facts, mode };
  }

  /** Anything but a directory. */
  leaf(plain = false): Exclude<Node, Branch> {
    const { dice, soil } = this;
    const facts = this.facts(plain);
    if (dice.chance(0.03)) {
      const target = dice.pick(["f0", "..", "nowhere", "/etc/passwd", "f1/../f2", "t".repeat(900)]);
      return { kind: "symlink", target, ...facts, xattrs: {}, acl: undefined };
    }
    if (!soil.portable && dice.chance(0.01)) return { kind: "fifo", ...facts, xattrs: {}, acl: undefined };
    return { kind: "file", content: this.content(), ...facts };
  }

  content(): Content {
    const { dice } = this;
    let size = dice.below(dice.pick([1, 2, 100, 100, 1000, 5000]));
    if (dice.chance(0.03)) {
      size = dice.pick(dice.chance(0.02) ? LARGE_BOUNDS : BOUNDS) * KIB + dice.pick([-1, 0, 1, 17]);
    }
    const sparse = !this.soil.portable && size > 64 * KIB && dice.chance(size > MIB ? 0.8 : 0.3);
    if (size > (sparse ? this.#apparent : Math.min(this.#bytes, this.#apparent))) size = dice.below(50);
    if (!sparse) this.#bytes -= size;
    this.#apparent -= size;
    return { size, seed: this.#seed++, changedAt: [], sparse };
  }

  facts(plain = false): Facts {
    const { dice, soil } = this;
    const mode = plain || dice.chance(0.8)
      ? 0o644
      : dice.pick([0o600, 0o755, 0o400, 0, 0o4755, 0o2640, 0o1777, 0o6711, 0o777]);
    const owner = plain || dice.chance(0.9) ? [0, 0] : dice.pick([[1000, 1001], [0, 12], [65534, 65534]]);
    const xattrs = soil.portable || plain || dice.chance(0.8) ? {} : this.xattrs();
    const acl = soil.portable || dice.chance(0.97) ? undefined : this.acl();
    return { mode, mtime: this.time(), uid: owner[0], gid: owner[1], xattrs, acl };
  }

  xattrs(): Record<string, string> {
    const { dice } = this;
    const value = dice.pick(["", "1", "v".repeat(300), "long".repeat(700), "\x00\xff\x00"]);
    return dice.chance(0.3)
      ? { "user.a": value, "user.b": "2", "trusted.t": "x" }
      : { "user.a": dice.pick(["1", "2", value]) };
  }

  acl(): string {
    const { dice } = this;
    return `user::rw-,user:${dice.pick([1000, 1001])}:${dice.pick(["r--", "rwx"])},group::r--,mask::rwx,other::r--`;
  }

  time(): bigint {
    const { dice, soil } = this;
    const seconds = BigInt(
      dice.chance(0.9) ? 1_500_000_000 + dice.below(100_000_000) : dice.pick([-2_000_000_000, -1, 0, 5_000_000_000]),
    );
    // Before 1970 only whole seconds are kept by every call that the portable file system has.
    const steps = soil.portable ? (seconds < 0n ? 0 : dice.below(1000) * 1_000_000) : dice.below(1_000_000_000);
    const fraction = BigInt(steps);
    return seconds * 1_000_000_000n + (dice.chance(0.3) ? 0n : fraction);
  }
}

/** Text as UTF-8, one character a byte. */
function utf8(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
