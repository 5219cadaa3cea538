/**
 * Everything outside the program that the command line touches, in one replaceable object.
 *
 * @module
 */

import type { Platform } from "../core/endpoint.ts";
import { TextWriter } from "./text_writer.ts";

/** Standard streams, the terminal, signals and the exit. */
export interface Io {
  readonly stdin: { read(buffer: Uint8Array): Promise<number | null>; isTerminal(): boolean };
  /** Results. */
  readonly stdout: TextWriter;
  /** Progress, notices and errors. */
  readonly stderr: TextWriter;
  readonly platform: Platform;
  /** The terminal moves its cursor when it is told to, and nobody has asked for plain text. */
  readonly canRedraw: boolean;
  /** The width of the terminal now, `undefined` without one. */
  columns(): number | undefined;
  /** Its height now. */
  rows(): number | undefined;
  onSignal(name: Deno.Signal, handler: () => void): void;
  offSignal(name: Deno.Signal, handler: () => void): void;
  /** Closes the debugger that Deno opens at SIGUSR1, as far as the permissions allow. */
  closeDebugger(): void;
  /** Leaves at once, without waiting for anything. */
  exit(status: number): void;
}

/** The real thing. `exit` is handed in, because only the program's entry may end the process. */
export function createIo(exit: (status: number) => void): Io {
  return {
    stdin: Deno.stdin,
    stdout: new TextWriter(Deno.stdout),
    stderr: new TextWriter(Deno.stderr, { delayMs: 0 }),
    platform: Deno.build.os === "windows" ? "windows" : "unix",
    canRedraw: readCanRedraw(),
    columns: () => readSize()?.columns || undefined,
    rows: () => readSize()?.rows || undefined,
    onSignal: Deno.addSignalListener,
    offSignal: Deno.removeSignalListener,
    closeDebugger: () => import("./debugger.ts").then(({ closeDebugger }) => closeDebugger()),
    exit,
  };
}

function readSize(): { columns: number; rows: number } | undefined {
  try {
    return Deno.consoleSize();
  } catch {
    return undefined; // there is no terminal, which is an answer
  }
}

/** Facts about the terminal, not settings: `NO_COLOR`, and `TERM`, which is `dumb` or missing where escapes are shown as they are. */
function readCanRedraw(): boolean {
  if (Deno.noColor) return false;
  if (Deno.build.os === "windows") return true;
  // Without leave to look, the terminal is taken for one like nearly all are.
  if (Deno.permissions.querySync({ name: "env", variable: "TERM" }).state !== "granted") return true;
  return !["", "dumb"].includes(Deno.env.get("TERM") ?? "");
}
