/**
 * `blit ls`.
 *
 * @module
 */

import { ls } from "../../utils/ls.ts";
import { parseTarget } from "../../utils/target.ts";
import type { Io } from "../io.ts";
import type { Command } from "../parse/mod.ts";
import { printListed } from "../print_listed.ts";

/** Runs the command and resolves with the exit status. */
export async function run({ args: [target = "."], flags, program }: Command, io: Io): Promise<number> {
  return await printListed(ls(parseTarget(target, io.platform)), { json: flags.json ?? false, program, io });
}
