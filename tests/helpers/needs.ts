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
  | "processors" // two at least
  | "native" // the native file system is implemented for it
  | "rsync"
  | "attributes" // setfattr, getfattr and setfacl
  | "tmux"
  | "folding" // can mount a file system that folds case
  | "setpriv"
  | "flock"
  | "strace"
  | "networks" // may make networks of its own, with IPv6
  | "avahi" // Avahi's daemon and tools, and the bus that they need
  | "bash-completion"
  | "zsh"
  | "fish"
  | "pwsh"
  | "promtool"
  | "man"
  | "groff"
  | "mandoc";

const cache = new Map<Need, boolean>();

/** Defines a test that runs where the machine has everything it needs. */
export function testWhere(
  needs: readonly Need[],
  name: string,
  run: (context: Deno.TestContext) => void | Promise<void>,
): void {
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
    case "processors":
      return navigator.hardwareConcurrency >= 2;
    case "mounts":
      return os === "linux" && has("root") && canMount(["-t", "tmpfs", "-o", "size=1m", "blit-probe"]);
    case "loop":
      return has("mounts") && hasTool("mkfs.ext4") && canMountImage();
    case "folding":
      return has("mounts") && hasTool("lowntfs-3g") && hasTool("mkntfs") && existsSync("/dev/fuse");
    case "networks":
      return os === "linux" && has("root") && hasTool("nsenter") && canMakeNetwork();
    case "avahi":
      return os === "linux" && ["avahi-daemon", "avahi-browse", "avahi-publish", "dbus-daemon"].every(hasTool);
    case "bash-completion":
      return existsSync("/usr/share/bash-completion/bash_completion");
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

function canMakeNetwork(): boolean {
  if (!["unshare", "ip"].every(hasTool)) return false;
  const script = "mount -t tmpfs blit-probe /run && ip link set lo up && ip link add v0 type veth peer name v1" +
    " && ip -6 address show dev lo | grep -q inet6";
  return runTool("unshare", ["--net", "--mount", "sh", "-c", script]).code === 0;
}

function existsSync(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false; // not there, or not to be seen: of no use either way
  }
}
