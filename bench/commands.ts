/**
 * Running a helper program whose time does not matter.
 *
 * @module
 */

import { stripVTControlCharacters } from "node:util";

/** A program and its arguments. */
export interface Command {
  program: string;
  args: readonly string[];
}

/** Runs a command and returns what it printed. Throws an `Error` with its first complaint when it fails or is missing. */
export async function capture(command: Command, signal?: AbortSignal): Promise<string> {
  signal?.throwIfAborted();
  const { program, args } = command;
  const output = await spawnCommand(program, args, signal);
  signal?.throwIfAborted();
  if (output.success) return new TextDecoder().decode(output.stdout);
  throw new Error(`Cannot run ${program}: ${firstLine(new TextDecoder().decode(output.stderr), output.code)}`);
}

/** Like {@linkcode capture}, for a program that is run for what it does. */
export async function runCommand(program: string, args: readonly string[], signal?: AbortSignal): Promise<void> {
  await capture({ program, args }, signal);
}

/** What to show of a failed program: its first complaint, as later lines only sum up, or else its exit status. */
export function firstLine(stderr: string, exitStatus: number): string {
  return stripVTControlCharacters(stderr).trim().split("\n")[0] || `exit status ${exitStatus}`;
}

async function spawnCommand(
  program: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<Deno.CommandOutput> {
  try {
    return await new Deno.Command(program, { args: [...args], stdin: "null", signal }).output();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Error(`Cannot run ${program}: it is not installed`);
    throw error;
  }
}
