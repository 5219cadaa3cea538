/**
 * A profile in a few words.
 *
 * @module
 */

import type { FileSystemProfile } from "../../core/fs/volume.ts";
import type { VerbClass } from "../../core/plan/predictor.ts";

/** What tells one profile from another. */
export interface NamedProfile {
  readonly verbClass: VerbClass;
  readonly fileSystem: "native" | "portable";
  readonly source: FileSystemProfile;
  readonly destination: FileSystemProfile;
  readonly sameDevice: boolean;
}

/** `copy, ext4 (ssd) to tmpfs (memory), native`. */
export function profileName({ verbClass, fileSystem, source, destination, sameDevice }: NamedProfile): string {
  const where = sameDevice
    ? `within one ${describeProfile(source)}`
    : `${describeProfile(source)} to ${describeProfile(destination)}`;
  return `${verbClass}, ${where}, ${fileSystem}`;
}

/** `ext4 (ssd)`; what holds the data is left out where it is not known. */
export function describeProfile({ type, device }: FileSystemProfile): string {
  return device === "unknown" ? type : `${type} (${device})`;
}
