/**
 * Where the trees live: a tmpfs, a directory on a disk, or a fresh ext4 image.
 *
 * @module
 */

import { statfsSync } from "node:fs";
import type { Space } from "./budget.ts";
import { runCommand } from "./commands.ts";
import { readUsableBytes } from "./memory.ts";
import { readMount } from "./mounts.ts";

/** A place for trees. Disposing of it removes everything that was made in it. */
export interface Place extends AsyncDisposable {
  /** What the user called it. */
  readonly name: string;
  /** For people: file system, device, mount options. */
  readonly description: string;
  /** Whether {@linkcode Place.open} gives a fresh file system, so that what was there before takes no space. */
  readonly renewable: boolean;
  /** Whether content lives in memory alone. */
  readonly inMemory: boolean;
  /** A new empty directory. Nothing from an earlier one may be used any more. */
  open(): Promise<string>;
  /** Room in the directory that was opened last. */
  capacity(): Space;
  /** Says that the directory opened last, with about this many entries, is no longer needed. */
  finish(entries: number): Promise<void>;
  /** Has everything written, so that the next run does not wait for it. */
  flush(): Promise<void>;
}

/** Opens a place by name. Throws an `Error` that says why it is missing. */
export async function openPlace(name: string): Promise<Place> {
  if (name === "tmpfs") return isRoot() ? await createMountedTmpfs() : createSharedMemory();
  if (name === "image") return await createImage();
  if (name !== "ext4") return createDirectory(name, name);
  const directory = findExt4Directory();
  if (directory !== undefined) return createDirectory(name, directory);
  return await createImage(name);
}

/** Whether this process may mount. */
export function isRoot(): boolean {
  return Deno.uid() === 0;
}

async function createMountedTmpfs(): Promise<Place> {
  const root = await Deno.makeTempDir({ prefix: "blit-bench-" });
  let mounted = false;
  let sizeBytes = 0;
  const unmount = async () => {
    if (mounted) await unmountDirectory(root);
    mounted = false;
  };
  return {
    name: "tmpfs",
    description: "tmpfs of its own, without a limit on inodes",
    renewable: true,
    inMemory: true,
    async open() {
      await unmount();
      sizeBytes = readUsableBytes();
      mounted = true;
      await runCommand("mount", ["-t", "tmpfs", "-o", `size=${sizeBytes},nr_inodes=0`, "blit-bench", root]);
      return root;
    },
    capacity: () => ({ bytes: sizeBytes, entries: Infinity }),
    finish: unmount,
    flush: () => Promise.resolve(),
    async [Symbol.asyncDispose]() {
      await unmount();
      await Deno.remove(root);
    },
  };
}

function createSharedMemory(): Place {
  const type = exists("/dev/shm") ? readMount("/dev/shm")?.type : undefined;
  if (type !== "tmpfs") throw new Error("there is no tmpfs on /dev/shm, and mounting one takes root");
  const root = Deno.makeTempDirSync({ dir: "/dev/shm", prefix: "blit-bench-" });
  const directory = `${root}/trees`;
  const clear = () => removeTree(directory);
  return {
    name: "tmpfs",
    description: `tmpfs on /dev/shm, ${readMount(root)?.options}`,
    renewable: true,
    inMemory: true,
    async open() {
      await clear();
      await Deno.mkdir(directory);
      return directory;
    },
    capacity() {
      const { bytes, entries } = readFree(root);
      return { bytes: Math.min(bytes, readUsableBytes()), entries };
    },
    finish: clear,
    flush: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => removeTree(root),
  };
}

// Creating files where many were deleted is slow on ext4 for minutes. Few enough entries do no harm.
const HARMLESS_ENTRIES = 10_000;

function createDirectory(name: string, parent: string): Place {
  const mount = readMount(parent);
  const root = Deno.makeTempDirSync({ dir: parent, prefix: "blit-bench-" });
  let opened = 0;
  return {
    name,
    description: `${mount?.type} on ${mount?.device}, ${mount?.options}`,
    renewable: false,
    inMemory: mount?.type === "tmpfs",
    async open() {
      const directory = `${root}/${++opened}`;
      await Deno.mkdir(directory);
      return directory;
    },
    capacity() {
      const { bytes, entries } = readFree(root);
      return { bytes: bytes * 0.85, entries: entries * 0.85 };
    },
    async finish(entries) {
      if (entries <= HARMLESS_ENTRIES) await removeTree(`${root}/${opened}`);
    },
    flush: () => runCommand("sync", ["-f", root]),
    [Symbol.asyncDispose]: () => removeTree(root),
  };
}

const MOST_IMAGE_BYTES = 96 * 1024 ** 3;

async function createImage(name = "image"): Promise<Place> {
  if (!isRoot()) throw new Error("there is no directory on ext4, and mounting an image takes root");
  // Not /tmp, which is in memory on many systems.
  const root = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "blit-bench-" });
  const [image, directory] = [`${root}/image`, `${root}/mount`];
  const sizeBytes = Math.min(MOST_IMAGE_BYTES, Math.floor(readFree(root).bytes * 0.7 / 4096) * 4096);
  let mounted = false;
  const unmount = async () => {
    if (mounted) await unmountDirectory(directory);
    mounted = false;
    await removeTree(image);
  };
  await Deno.mkdir(directory);
  return {
    name,
    description: `ext4 in an image of ${Math.round(sizeBytes / 1024 ** 3)} GiB on ${readMount(root)?.type}`,
    renewable: true,
    inMemory: false,
    async open() {
      await unmount();
      await runCommand("truncate", ["-s", String(sizeBytes), image]);
      // Inode tables at once: the kernel would otherwise write them during the first runs.
      const tables = ["-i", "8192", "-E", "lazy_itable_init=0,lazy_journal_init=0"];
      await runCommand("mkfs.ext4", ["-q", "-F", ...tables, image]);
      await runCommand("mount", ["-o", "loop", image, directory]);
      mounted = true;
      return directory;
    },
    capacity() {
      const { bytes, entries } = readFree(directory);
      return { bytes: bytes * 0.95, entries: entries * 0.95 };
    },
    finish: unmount,
    flush: () => runCommand("sync", ["-f", directory]),
    async [Symbol.asyncDispose]() {
      await unmount();
      await removeTree(root);
    },
  };
}

function findExt4Directory(): string | undefined {
  const checkout = new URL("..", import.meta.url).pathname;
  return ["/var/tmp", "/tmp", checkout].find((path) => exists(path) && readMount(path)?.type === "ext4");
}

function readFree(path: string): Space {
  const { bavail, bsize, ffree } = statfsSync(path);
  return { bytes: bavail * bsize, entries: ffree };
}

async function unmountDirectory(directory: string): Promise<void> {
  // A program that was just stopped may hold the mount for a moment.
  for (let tries = 0; tries < 20; tries++) {
    try {
      return await runCommand("umount", [directory]);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  await runCommand("umount", ["-l", directory]);
}

async function removeTree(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    // Missing and unreadable are the same here: it cannot be used.
    return false;
  }
}
