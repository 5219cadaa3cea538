/**
 * Directories for one test, gone at its end.
 *
 * @module
 */

import { statfsSync } from "node:fs";

/** Where Linux has a file system in memory, and what has to be free there. */
const MEMORY = { path: "/dev/shm", bytes: 4 * 2 ** 30 };

/** A new directory that `using` removes with everything in it. */
export class Scratch implements Disposable {
  /** Absolute, without symbolic links on the way. */
  readonly path: string;

  /** @param parent where it is created; by default where temporary files belong */
  constructor(parent?: string) {
    const options = { prefix: "blit-test-", ...(parent === undefined ? {} : { dir: parent }) };
    this.path = Deno.realPathSync(Deno.makeTempDirSync(options));
    // Programs that run as another user pass through it.
    if (Deno.build.os !== "windows") Deno.chmodSync(this.path, 0o755);
  }

  /** In memory where there is room, for what is about many entries or much content: a disk's journal would take most of the time. */
  static inMemory(): Scratch {
    return new Scratch(freeBytes(MEMORY.path) >= MEMORY.bytes ? MEMORY.path : undefined);
  }

  /** A path below, from its components. */
  join(...names: string[]): string {
    return [this.path, ...names].join("/");
  }

  /** Creates a directory below and returns its path. */
  directory(...names: string[]): string {
    const path = this.join(...names);
    Deno.mkdirSync(path, { recursive: true });
    return path;
  }

  [Symbol.dispose](): void {
    removeTree(this.path);
  }
}

function freeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  } catch {
    return 0; // there is no such place here
  }
}

/** Removes a tree of any depth, also one whose directories forbid it. */
export function removeTree(path: string): void {
  if (Deno.build.os === "windows") {
    Deno.removeSync(path, { recursive: true });
    return;
  }
  // `rm` walks by directory handles, so that paths longer than PATH_MAX are no obstacle.
  if (new Deno.Command("rm", { args: ["-rf", "--", path], stderr: "null" }).outputSync().success) return;
  new Deno.Command("chmod", { args: ["-R", "u+rwX", "--", path], stderr: "null" }).outputSync();
  const second = new Deno.Command("rm", { args: ["-rf", "--", path] }).outputSync();
  if (!second.success) throw new Error(`Cannot remove "${path}": ${new TextDecoder().decode(second.stderr)}`);
}
