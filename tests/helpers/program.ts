/**
 * Blit as a user runs it.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { Scratch } from "./scratch.ts";

/** The checkout. */
export const PROJECT = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");

/** Options of {@linkcode blit}. */
export interface ProgramOptions {
  cwd?: string;
  /** Text for its standard input. @default closed */
  stdin?: string;
  env?: Record<string, string>;
  /** Deno's permission flags. @default `-A` */
  permissions?: readonly string[];
  /** A command that runs it, such as `setpriv` with its arguments. */
  under?: readonly string[];
  /** Kills it and fails. @default 60 000 */
  timeoutMs?: number;
}

/** A run that has ended. */
export interface ProgramResult {
  code: number;
  /** The signal that ended it, if one did. */
  signal: Deno.Signal | null;
  stdout: string;
  stderr: string;
}

/** A run that has begun. */
export interface RunningProgram {
  readonly pid: number;
  kill(signal: Deno.Signal): void;
  /** Resolves once its standard output has begun, or has ended. */
  readonly began: Promise<void>;
  readonly result: Promise<ProgramResult>;
}

/** Runs `blit` with these arguments to its end. */
export function blit(args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  return startBlit(args, options).result;
}

/** Starts `blit` with these arguments. */
export function startBlit(args: readonly string[], options: ProgramOptions = {}): RunningProgram {
  const { timeoutMs = 60_000 } = options;
  const [command, ...rest] = commandLine(args, options);
  const child = new Deno.Command(command, {
    args: rest,
    cwd: options.cwd,
    env: { NO_COLOR: "1", ...privateHome(), ...options.env },
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdout = new Output(child.stdout);
  return {
    pid: child.pid,
    kill: (signal) => child.kill(signal),
    began: stdout.began,
    result: finish(child, stdout, { stdin: options.stdin, timeoutMs }),
  };
}

/** The whole command that runs `blit` with these arguments. */
export function commandLine(args: readonly string[], options: ProgramOptions = {}): string[] {
  const { permissions = ["-A"], under = [] } = options;
  return [...under, Deno.execPath(), "run", "--quiet", ...permissions, `${PROJECT}/mod.ts`, ...args];
}

/** Puts a command `blit` there, for those who type it. */
export function writeCommand(scratch: Scratch, permissions?: string[]): void {
  const [deno, ...args] = commandLine([], { permissions });
  const quoted = args.map((arg) => `'${arg}'`).join(" ");
  Deno.writeTextFileSync(scratch.join("blit"), `#!/bin/sh\nexec '${deno}' ${quoted} "$@"\n`);
  Deno.chmodSync(scratch.join("blit"), 0o755);
}

/** The events that `--json` printed, each line parsed. */
// deno-lint-ignore no-explicit-any -- tests look into events of every type
export function parseEvents(stdout: string): any[] {
  return stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** What a program writes, from the beginning to the end. */
class Output {
  readonly #began = Promise.withResolvers<void>();
  readonly began = this.#began.promise;
  readonly text: Promise<string>;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.text = this.#read(stream);
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for await (const piece of stream) {
      pieces.push(piece);
      this.#began.resolve();
    }
    this.#began.resolve();
    return await new Blob(pieces).text();
  }
}

async function finish(
  child: Deno.ChildProcess,
  output: Output,
  { stdin, timeoutMs }: { stdin: string | undefined; timeoutMs: number },
): Promise<ProgramResult> {
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  try {
    if (stdin !== undefined) {
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(stdin));
      await writer.close();
    }
    const [{ code, signal }, stdout, stderr] = await Promise.all([
      child.status,
      output.text,
      new Output(child.stderr).text,
    ]);
    const result = { code, signal, stdout, stderr };
    if (timedOut) throw new Error(`blit does not end within ${timeoutMs} ms: ${JSON.stringify(result)}`);
    return result;
  } finally {
    clearTimeout(timer);
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

let home: Record<string, string> | undefined;

/** A home of its own, so that no test reads or writes the settings and history of whoever runs it. */
export function privateHome(): Record<string, string> {
  if (home) return home;
  const path = Deno.makeTempDirSync({ prefix: "blit-home-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(path, { recursive: true }));
  return home = { HOME: path, XDG_CONFIG_HOME: `${path}/.config`, APPDATA: path, DENO_DIR: denoDirectory() };
}

let cachedDenoDirectory: string | undefined;

/** Deno's cache, which moves with the home unless it is named. */
export function denoDirectory(): string {
  if (cachedDenoDirectory) return cachedDenoDirectory;
  const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
  return cachedDenoDirectory = JSON.parse(decode(stdout)).denoDir;
}
