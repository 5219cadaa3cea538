/**
 * The file system that a path is on, as far as routes and costs depend on it.
 *
 * @module
 */

import type { FileSystemFacts } from "./facts.ts";
import { mayHangBeneath } from "./mounts.ts";
import type { FileSystem } from "./types.ts";

/** What holds the data of a file system. */
export type DeviceClass = "memory" | "ssd" | "rotational" | "network" | "unknown";

/** A file system as far as costs depend on it. */
export interface FileSystemProfile {
  /** Such as `ext4`; `unknown` where it cannot be told. */
  readonly type: string;
  /** What holds the data. */
  readonly device: DeviceClass;
}

/** A file system as a run sees it; it may hang where one that is mounted below may. */
export interface Volume extends FileSystemProfile, FileSystemFacts {
  /** Number of the device, `undefined` where it cannot be told. */
  readonly dev?: number;
}

/** The types that keep everything in memory. */
const MEMORY_TYPES: readonly string[] = ["tmpfs", "ramfs"];

/**
 * The file system of a path, or of the nearest directory above it that exists; `undefined` where the platform or the permissions
 * do not tell. Blocks when the file system does not answer.
 */
export function volumeOf(fileSystem: FileSystem, path: string): Volume | undefined {
  for (let at = path;;) {
    const facts = fileSystem.factsOf(at === "" ? "." : at);
    if (facts !== undefined) return describe(facts, at === "" ? "." : at);
    const slash = at.replace(/\/+$/, "").lastIndexOf("/");
    if (at === "" || at === "/") return undefined;
    at = slash < 0 ? "" : slash === 0 ? "/" : at.slice(0, slash);
  }
}

/** The profile of a volume, `unknown` for one that could not be told. */
export function profileOf(volume: Volume | undefined): FileSystemProfile {
  return { type: volume?.type ?? "unknown", device: volume?.device ?? "unknown" };
}

/** Whether two volumes are certainly one. */
export function isSameVolume(a: Volume | undefined, b: Volume | undefined): boolean {
  return a?.dev !== undefined && a.dev === b?.dev;
}

function describe(facts: FileSystemFacts, path: string): Volume {
  const dev = readDevice(path);
  const mayHang = facts.mayHang || mayHangBeneath(path);
  return { ...facts, mayHang, ...(dev === undefined ? {} : { dev }), device: deviceClassOf(facts, dev) };
}

function readDevice(path: string): number | undefined {
  try {
    return Deno.statSync(path).dev;
  } catch {
    return undefined; // gone a moment ago, or not permitted: costs are then learned together with other unknown ones
  }
}

function deviceClassOf({ type, mayHang }: FileSystemFacts, dev: number | undefined): DeviceClass {
  if (MEMORY_TYPES.includes(type)) return "memory";
  // What is behind a FUSE mount, only its server knows.
  if (mayHang) return type === "fuse" ? "unknown" : "network";
  const rotational = dev === undefined ? undefined : readRotational(dev);
  return rotational === undefined ? "unknown" : rotational ? "rotational" : "ssd";
}

/** What Linux says of a block device; `queue` belongs to the disk, so that of a partition is one level up. */
function readRotational(dev: number): boolean | undefined {
  const folder = `/sys/dev/block/${majorOf(dev)}:${minorOf(dev)}`;
  for (const file of [`${folder}/queue/rotational`, `${folder}/../queue/rotational`]) {
    try {
      if (Deno.permissions.querySync({ name: "read", path: file }).state !== "granted") return undefined;
      return Deno.readTextFileSync(file).trim() === "1";
    } catch {
      // another kind of device, another platform, or a partition
    }
  }
  return undefined;
}

/** `dev_t` as the C library of Linux packs it: the halves of both numbers alternate. Numbers beyond 2^31 need no bit operations. */
function majorOf(dev: number): number {
  return (Math.floor(dev / 2 ** 8) & 0xfff) + Math.floor(dev / 2 ** 44) * 2 ** 12;
}

function minorOf(dev: number): number {
  return (dev % 2 ** 8) + (Math.floor(dev / 2 ** 20) & 0xfff) * 2 ** 8;
}
