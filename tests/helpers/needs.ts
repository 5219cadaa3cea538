/**
 * What a test needs of the machine. A test whose needs are not met is ignored and says why in its name.
 *
 * @module
 */

import { runTool } from "./shell.ts";

/** Something that a machine can have or lack. */
export type Need =
  | "unix"
  | "linux"
  | "root"
  | "mounts" // may mount file systems
  | "loop" // may mount images through loop devices
  | "native" // the native file system is implemented for it
  | "rsync"
  | "attributes" // setfattr, getfattr and setfacl
  | "tmux"
  | "folding" // can mount a file system that folds case
  | "setpriv"
  | "flock"
  | "strace";

const cache = new Map<Need, boolean>();

/** Defines a test that runs where the machine has everything it needs. */
export function testWhere(needs: readonly Need[], name: string, run: () => void | Promise<void>): void {
  const missing = needs.filter((need) => !has(need));
  const suffix = missing.length > 0 ? ` [ignored: this machine lacks ${missing.join(", ")}]` : "";
  Deno.test({ name: name + suffix, ignore: missing.length > 0, fn: run });
}

/** Whether this machine has it. */
export function has(need: Need): boolean {
  const known = cache.get(need);
  if (known !== undefined) return known;
  const result = probe(need);
  cache.set(need, result);
  return result;
}

function probe(need: Need): boolean {
  const { os, arch } = Deno.build;
  switch (need) {
    case "unix":
      return os !== "windows";
    case "linux":
      return os === "linux";
    case "root":
      return os !== "windows" && Deno.uid() === 0;
    case "native":
      return os === "linux" && (arch === "x86_64" || arch === "aarch64");
    case "mounts":
      return os === "linux" && has("root") && canMount(["-t", "tmpfs", "-o", "size=1m", "blit-probe"]);
    case "loop":
      return has("mounts") && hasTool("mkfs.ext4") && canMountImage();
    case "folding":
      return has("mounts") && hasTool("lowntfs-3g") && hasTool("mkntfs") && existsSync("/dev/fuse");
    case "attributes":
      return os === "linux" && ["setfattr", "getfattr", "setfacl"].every(hasTool);
    default:
      return os !== "windows" && hasTool(need);
  }
}

/** Whether a program is on the path. */
export function hasTool(name: string): boolean {
  const directories = `${Deno.env.get("PATH") ?? ""}:/usr/sbin:/sbin`.split(":");
  return directories.some((directory) => existsSync(`${directory}/${name}`));
}

function canMountImage(): boolean {
  const image = Deno.makeTempFileSync({ prefix: "blit-probe-" });
  try {
    Deno.truncateSync(image, 4 << 20);
    return runTool("mkfs.ext4", ["-q", "-F", image]).code === 0 && canMount(["-o", "loop", image]);
  } finally {
    Deno.removeSync(image);
  }
}

function canMount(args: string[]): boolean {
  const directory = Deno.makeTempDirSync({ prefix: "blit-probe-" });
  try {
    if (runTool("mount", [...args, directory]).code !== 0) return false;
    return runTool("umount", [directory]).code === 0;
  } finally {
    Deno.removeSync(directory);
  }
}

function existsSync(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false; // not there, or not to be seen: of no use either way
  }
}
