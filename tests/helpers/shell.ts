/**
 * Real tools, run in order, with names as bytes.
 *
 * @module
 */

import type { ByteString } from "../../core/paths/bytes.ts";
import { toBytes } from "../../core/paths/bytes.ts";

/** What a finished tool left. */
export interface ToolOutput {
  code: number;
  stdout: Uint8Array<ArrayBuffer>;
  stderr: string;
}

/** Runs a tool to its end. Messages are in English and bytes are bytes whatever the user's locale. */
export function runTool(command: string, args: string[], cwd?: string): ToolOutput {
  const output = new Deno.Command(command, { args, cwd, env: { LC_ALL: "C" } }).outputSync();
  return { code: output.code, stdout: output.stdout, stderr: new TextDecoder().decode(output.stderr) };
}

/** Runs a tool that must succeed and returns what it printed. */
export function requireTool(command: string, args: string[], cwd?: string): Uint8Array<ArrayBuffer> {
  const { code, stdout, stderr } = runTool(command, args, cwd);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} exits with ${code}: ${stderr}`);
  return stdout;
}

/** Runs lines of bash in a directory; the first that fails is an error. */
export function runScript(lines: readonly string[], cwd: string): void {
  if (lines.length === 0) return;
  const path = Deno.makeTempFileSync({ prefix: "blit-script-" });
  try {
    Deno.writeTextFileSync(path, `set -e\numask 022\n${lines.join("\n")}\n`);
    requireTool("bash", [path], cwd);
  } finally {
    Deno.removeSync(path);
  }
}

/** A word of bash that stands for exactly these bytes. */
export function quoteBytes(bytes: ByteString): string {
  let result = "";
  for (const byte of toBytes(bytes)) {
    const plain = byte > 0x20 && byte < 0x7f && byte !== 0x27 && byte !== 0x5c;
    result += plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return `$'${result}'`;
}
