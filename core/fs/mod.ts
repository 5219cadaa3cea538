/**
 * One interface to the disk, two implementations.
 *
 * ```text
 * native    libc through FFI, Linux x86-64 and aarch64: everything a file system can hold
 * portable  Deno's own calls, everywhere, also under scoped permissions: what Deno's API can express
 * ```
 *
 * {@linkcode chooseFileSystem} takes the native one where FFI is granted and the platform fits.
 *
 * @module
 */

import { BlitError } from "../errors.ts";
import { libraryObstacle } from "./native/library.ts";
import { createNativeFileSystem } from "./native_linux.ts";
import { portableFileSystem } from "./portable.ts";
import type { FileSystem } from "./types.ts";

/** What decides how paths are spelled here. */
export const platform: "windows" | "unix" = Deno.build.os === "windows" ? "windows" : "unix";

export { giveMemoryBack } from "./native/allocator.ts";
export type { FileSystemFacts } from "./facts.ts";
export type * from "./types.ts";
export { isSameVolume, profileOf, volumeOf } from "./volume.ts";
export type { DeviceClass, FileSystemProfile, Volume } from "./volume.ts";

/**
 * The implementation to use on this platform with these permissions.
 *
 * @throws {BlitError} "unsupported" when `native` is asked for and not available.
 */
export function chooseFileSystem(wanted?: "native" | "portable"): FileSystem {
  if (wanted === "portable") return portableFileSystem;
  const native = createNativeFileSystem();
  if (wanted === "native" && native === undefined) {
    throw new BlitError("unsupported", "Cannot use the native file system: it needs Linux and --allow-ffi");
  }
  return native ?? portableFileSystem;
}

/** Why {@linkcode chooseFileSystem} takes this implementation, as the rest of a sentence. */
export function explainFileSystem({ name }: FileSystem, wanted?: "native" | "portable"): string {
  if (wanted !== undefined) return "it was asked for";
  if (name === "native") return `this is ${Deno.build.os} on ${Deno.build.arch}, and FFI is granted`;
  return `the native one cannot be used: ${libraryObstacle() ?? "the C library is missing, or lacks what it needs"}`;
}
