/**
 * Completing the words of a command line in a shell.
 *
 * ```text
 * model.ts                             the table of verbs and flags -> what can stand where
 * bash.ts zsh.ts fish.ts powershell.ts what can stand where -> a script; verbs and flags are in it
 * query.ts                             what only a server knows, asked by the script while somebody waits
 * known_servers.ts                     the servers that the user has listed
 * ```
 *
 * Whatever a server says reaches a shell as lines of plain text: names with control characters are left out here, and the
 * scripts quote what they insert and never evaluate it.
 *
 * @module
 */

import type { Program } from "../table/mod.ts";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { completionModel } from "./model.ts";
import { powershellScript } from "./powershell.ts";
import { zshScript } from "./zsh.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript, powershell: powershellScript } as const;

/** A shell that Blit can complete for. */
export type Shell = keyof typeof SCRIPTS;

/** Whether Blit can complete for it. */
export function isShell(name: string): name is Shell {
  return Object.hasOwn(SCRIPTS, name);
}

/** What a shell has to load to complete command lines of a program. */
export function completionScript(shell: Shell, program: Program): string {
  return SCRIPTS[shell](completionModel(program));
}
