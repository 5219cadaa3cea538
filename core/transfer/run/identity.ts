/**
 * Whether both ends of a remote transfer are on one machine, and in each other's way: a daemon can export what its client names by
 * its own path. Then a move would remove what it has just confirmed, and a mirror delete its own source.
 *
 * Each end tells what its place is called on its machine: a keyed hash of the file system's number and the inode's, with the key
 * that Linux makes up at each boot. Equal ones are one directory, whatever paths and mounts lead to it. Nothing else can be told
 * from them. Where the key cannot be read nothing is told, and nothing refused.
 *
 * @module
 */

import { createHmac } from "node:crypto";
import { BlitError } from "../../errors.ts";
import type { Verb } from "../../events.ts";
import type { Directory, FileSystem, Stat } from "../../fs/types.ts";
import { toStat } from "../../fs/portable_stat.ts";
import { lastName, parentPath } from "../../paths/byte_path.ts";
import { asByteString, type ByteString, encodeText } from "../../paths/bytes.ts";
import { IDENTITY_BYTES } from "../../wire/control/identities.ts";
import { openModule } from "../threads/open_destination.ts";
import { baseName, parentOf, type ResolvedRoots } from "./resolve.ts";
import type { RootsInModule } from "./resolve_beneath.ts";

/** What an entry is called on its machine until that starts again, in hexadecimal digits. */
export type Identity = string;

/** Deno reads it with all permissions only, libc always. */
const BOOT_KEY = "/proc/sys/kernel/random/boot_id";
/** Of its 36 digits and dashes. */
const KEY_BYTES = 36;

/** Names entries of this machine. */
export type Identify = (entry: Pick<Stat, "dev" | "inoHigh" | "inoLow">) => Identity;

/** `undefined` where the machine has no key, or nobody may read it. */
export function createIdentify(fileSystem: FileSystem): Identify | undefined {
  const key = attempt(readKey, fileSystem);
  if (key === undefined) return undefined;
  return ({ dev, inoHigh, inoLow }) => {
    const hash = createHmac("sha256", key).update(`blit ${dev} ${inoHigh} ${inoLow}`);
    return hash.digest("hex").slice(0, 2 * IDENTITY_BYTES);
  };
}

function readKey(fileSystem: FileSystem): Uint8Array | undefined {
  // Asked for without permission it would be a question on the terminal.
  const isPortable = fileSystem.name === "portable";
  if (isPortable && Deno.permissions.querySync({ name: "read", path: BOOT_KEY }).state !== "granted") return undefined;
  using directory = fileSystem.openRoot(parentOf(BOOT_KEY));
  const file = directory.openFile(encodeText(baseName(BOOT_KEY)));
  try {
    const key = new Uint8Array(KEY_BYTES);
    return file.read(key, KEY_BYTES) === KEY_BYTES ? key : undefined;
  } finally {
    file.close();
  }
}

/** A directory of this machine, or the nearest one above it that exists, and everything above that. */
export function identitiesUpwards(identify: Identify, directory: string): Identity[] {
  const identities: Identity[] = [];
  let current = nearest(directory);
  while (current !== undefined) {
    const info = attempt(Deno.statSync, current);
    if (info === undefined) break;
    if (info.ino !== null) identities.push(identify(toStat(info)));
    const above = parentOf(current);
    current = above === current ? undefined : above;
  }
  return identities;
}

function nearest(directory: string): string | undefined {
  for (let current = directory;;) {
    const real = attempt(Deno.realPathSync, current);
    if (real !== undefined) return real;
    const above = parentOf(current);
    if (above === current) return undefined;
    current = above;
  }
}

/** The same for a file or a link in a directory; a link that takes the place of what it leads to is all that is left of it. */
export function identitiesOfEntry(identify: Identify, directory: string, path: string): Identity[] {
  const found = [attempt(Deno.lstatSync, path), attempt(Deno.statSync, path)];
  const own = found.flatMap((info) => info === undefined || info.ino === null ? [] : [identify(toStat(info))]);
  return [...new Set([...own, ...identitiesUpwards(identify, directory)])];
}

/**
 * The same for an entry beneath a directory: itself first, if it exists, then every directory on the way, then that directory.
 *
 * @param open opens a directory beneath it
 * @param place the path of the entry, where on this machine the directory is beneath which it is, and how many are enough
 */
export function identitiesBeneath(
  identify: Identify,
  open: (path: ByteString) => Directory,
  { path, above, most = Infinity }: { path: ByteString; above: string; most?: number },
): Identity[] {
  const identities: Identity[] = [];
  for (let current = path; current !== "" && identities.length < most; current = parentPath(current)) {
    const stat = attempt(statBeneath, open, current);
    if (stat !== undefined) identities.push(identify(stat));
  }
  return [...identities, ...identitiesUpwards(identify, above)];
}

function statBeneath(open: (path: ByteString) => Directory, path: ByteString): Stat | undefined {
  using parent = open(parentPath(path));
  return parent.statEntry(lastName(path));
}

/** What is not there, or may not be looked at, has no identity. */
function attempt<A extends unknown[], T>(call: (...values: A) => T, ...values: A): T | undefined {
  try {
    return call(...values);
  } catch {
    return undefined; // it will be found again, with its reason, by whoever needs it
  }
}

/** A source that has told its identities, and a destination on this machine. */
export interface TwoEnds {
  readonly verb: Verb;
  readonly roots: ResolvedRoots & Partial<RootsInModule>;
  /** Of the source, for people. */
  readonly source: string;
  /** What the other end has told of it: itself first, at least that. */
  readonly identities: readonly Identity[];
  readonly fileSystem: FileSystem;
}

/**
 * Refuses a destination that is the source, is inside it, or has it inside.
 *
 * @throws {BlitError} "refused"
 */
export function refuseOnePlace({ verb, roots, source, identities, fileSystem }: TwoEnds): void {
  const identify = createIdentify(fileSystem);
  if (identify === undefined) return;
  const { existing, upwards } = identitiesOfTarget(identify, roots, fileSystem);
  const refuse = (reason: string): never => {
    throw new BlitError("refused", `Cannot ${verb} "${source}" to "${roots.target}": ${reason}`, {
      hint: "Both ends are on one machine, where the paths of one lead to what the other exports",
    });
  };
  const [own, ...above] = identities;
  if (existing === own) refuse(`they are the same ${roots.single === undefined ? "directory" : "file"}`);
  if (verb === "verify") return;
  if (roots.single === undefined && upwards.includes(own)) refuse("the destination is inside the source");
  if (existing === undefined || !above.includes(existing)) return;
  refuse(
    roots.single === undefined ? "the source is inside the destination" : "the source leads to it, or is inside it",
  );
}

/** The destination itself, where it exists, and every directory above it. */
function identitiesOfTarget(
  identify: Identify,
  { destination, destinationExists, single, module }: TwoEnds["roots"],
  fileSystem: FileSystem,
): { existing: Identity | undefined; upwards: Identity[] } {
  if (single !== undefined && !single.replaces) return { existing: undefined, upwards: [] };
  using root = module === undefined ? fileSystem.openRoot(nearest(destination) ?? "/") : openModule(fileSystem, module);
  const names = [module?.beneath ?? "", single?.destination ?? ""].filter((part) => part !== "");
  const upwards = identitiesBeneath(identify, (path) => root.openDirectory(path), {
    path: asByteString(names.join("/")),
    above: module?.root ?? destination,
  });
  return { existing: destinationExists ? upwards[0] : undefined, upwards };
}
