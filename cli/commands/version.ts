/**
 * `blit --version`.
 *
 * @module
 */

import { VERSION } from "../../core/version.ts";
import { PROGRAM } from "../table/mod.ts";

/** `blit 1.2.3`, from the one place where the version is written. */
export function versionLine(program: string = PROGRAM): string {
  return `${program} ${VERSION}\n`;
}
