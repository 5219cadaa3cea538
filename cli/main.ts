/**
 * The `blit` command: arguments in, an exit status out.
 *
 * @module
 */

import { loadLater } from "../core/load_later.ts";
import { BlitError, EXIT_STATUS, exitStatusOf, toBlitError } from "../core/errors.ts";
import { createIo, type Io } from "./io.ts";
import { type Command, isGiven, parseRequest, type Request, type Topic } from "./parse/mod.ts";
import { BLIT, type CommandName, type Program } from "./table/mod.ts";

/** What the command line needs from the program that runs it. */
export interface MainOptions {
  /** Ends the process at once; called for a second Ctrl-C only. */
  exit: (status: number) => void;
  /** Which program it is. @default {BLIT} */
  program?: Program;
}

/** Each verb's code, loaded when it is used: starting must not cost what is not needed. */
const COMMANDS: {
  [Name in CommandName]: () => Promise<{ run(command: Command<Name>, io: Io, program: Program): Promise<number> }>;
} = {
  copy: () => import("./commands/copy.ts"),
  mirror: () => import("./commands/mirror.ts"),
  move: () => import("./commands/move.ts"),
  verify: () => import("./commands/verify.ts"),
  scan: () => loadLater(new URL("./commands/scan.ts", import.meta.url)),
  list: () => loadLater(new URL("./commands/list.ts", import.meta.url)),
  ls: () => loadLater(new URL("./commands/ls.ts", import.meta.url)),
  find: () => loadLater(new URL("./commands/find.ts", import.meta.url)),
  du: () => loadLater(new URL("./commands/du.ts", import.meta.url)),
  df: () => loadLater(new URL("./commands/df.ts", import.meta.url)),
  rm: () => loadLater(new URL("./commands/rm.ts", import.meta.url)),
  "jobs list": () => loadLater(new URL("./commands/jobs_list.ts", import.meta.url)),
  "jobs watch": () => loadLater(new URL("./commands/jobs_watch.ts", import.meta.url)),
  "jobs cancel": () => loadLater(new URL("./commands/jobs_cancel.ts", import.meta.url)),
  "diagnostics perf": () => loadLater(new URL("./commands/diagnostics_perf.ts", import.meta.url)),
  "diagnostics dump": () => loadLater(new URL("./commands/diagnostics_dump.ts", import.meta.url)),
  profile: () => loadLater(new URL("./commands/profile.ts", import.meta.url)),
  completions: () => loadLater(new URL("./commands/completions.ts", import.meta.url)),
};

/** Runs the command line and resolves with the exit status; it never rejects. */
export async function main(args: readonly string[], options: MainOptions): Promise<number> {
  return await runMain(args, createIo(options.exit), options.program);
}

/** {@linkcode main} with streams, signals and terminal of the caller's choice. */
export async function runMain(args: readonly string[], io: Io, program: Program = BLIT): Promise<number> {
  let status: number;
  try {
    requireText(args);
    status = await runRequest(await parseRequest(args, program), io, program);
  } catch (thrown) {
    status = await reportError(toBlitError(thrown), args, { io, program });
  }
  return await finishOutput(status, io, program);
}

/** Deno has put U+FFFD where an argument was not UTF-8; what it names now is something else. */
function requireText(args: readonly string[]): void {
  const damaged = args.find((arg) => arg.includes("\ufffd"));
  if (damaged === undefined) return;
  throw new BlitError("usage", `Cannot use the argument "${damaged}": it is not UTF-8, or contains U+FFFD`, {
    hint: "Name the directory that holds it; the names inside are copied byte for byte",
  });
}

async function runRequest(request: Request, io: Io, program: Program): Promise<number> {
  switch (request.kind) {
    case "command":
      return await runCommand(request, io, program);
    case "version":
      io.stdout.write((await import("./commands/version.ts")).versionLine(program.name));
      return EXIT_STATUS.done;
    case "help":
      io.stdout.write(await helpText(request.topic, io, program));
      return EXIT_STATUS.done;
    case "usage":
      io.stderr.write(await helpText(request.topic, io, program));
      return EXIT_STATUS.usage;
  }
}

async function runCommand<Name extends CommandName>(command: Command<Name>, io: Io, program: Program): Promise<number> {
  const { run } = await COMMANDS[command.verb]();
  return await run(command, io, program);
}

async function helpText(topic: Topic | undefined, io: Io, program: Program): Promise<string> {
  const { familyHelp, helpColumns, programHelp, verbHelp } = await import("./help.ts");
  const columns = helpColumns(io.columns());
  if (topic === undefined) return programHelp(columns, program);
  return typeof topic === "string" ? familyHelp(topic, columns, program) : verbHelp(topic, columns, program);
}

/** An error before a transfer began; from then on the transfer's own output reports it. */
async function reportError(
  error: BlitError,
  args: readonly string[],
  { io, program }: { io: Io; program: Program },
): Promise<number> {
  const { describeError } = await import("./report_error.ts");
  io.stderr.write(describeError(error, isGiven(args, "--verbose", "-v"), program.name));
  if (isGiven(args, "--json")) io.stdout.write((await import("./output_json.ts")).errorLine(error));
  return exitStatusOf(error.code);
}

/** Waits until everything is written. Results that could not be written make a success a failure. */
async function finishOutput(status: number, io: Io, { name }: Program): Promise<number> {
  await io.stderr.flush();
  await io.stdout.flush();
  const { failure } = io.stdout;
  if (failure !== undefined) {
    const reason = failure instanceof Error ? failure.message : String(failure);
    io.stderr.write(`${name}: Cannot write to standard output: ${reason}\n`);
  }
  await io.stderr.flush();
  return failure !== undefined && status === EXIT_STATUS.done ? EXIT_STATUS.partial : status;
}
