/**
 * `blit --version`.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { PROGRAM } from "../table/mod.ts";

/** `blit 1.2.3`, from the one place where the version is written. */
export function versionLine(): string {
  return `${PROGRAM} ${config.version}\n`;
}
