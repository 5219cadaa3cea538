/**
 * Reads the list of paths that `--files-from` names.
 *
 * @module
 */

import { BlitError, type ErrorCode } from "../core/errors.ts";
import type { Io } from "./io.ts";

/** The paths listed in a file, or in standard input for `-`. Rejects with a `BlitError` that names the file. */
export async function readFilesFrom(file: string, io: Io): Promise<string[]> {
  const name = file === "-" ? "standard input" : `"${file}"`;
  const bytes = file === "-" ? await readAll(io.stdin) : await readListFile(file);
  const paths = parseFilesFrom(bytes, name);
  if (paths.length > 0) return paths;
  throw new BlitError("usage", `Cannot use the list of files in ${name}: it is empty`);
}

/**
 * One path a line, or separated by NUL where there is one. Ends of lines may be those of Windows; empty lines count for
 * nothing; throws a `BlitError` "usage" for a list that is not UTF-8.
 */
export function parseFilesFrom(bytes: Uint8Array, name: string): string[] {
  const separator = bytes.includes(0) ? "\0" : "\n";
  const items = decode(bytes, separator, name).split(separator);
  return items.map((item) => separator === "\n" ? item.replace(/\r$/, "") : item).filter((item) => item !== "");
}

function decode(bytes: Uint8Array, separator: string, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const lines = new TextDecoder().decode(bytes).split(separator);
    // A replacement character that is really in the list is rare enough for a line number.
    const line = lines.findIndex((text) => text.includes("\ufffd")) + 1;
    throw new BlitError("usage", `Cannot use the list of files in ${name}: entry ${line} is not UTF-8`, {
      hint: "Leave such names to --include and --exclude, or to the directory they are in",
      cause,
    });
  }
}

async function readListFile(file: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(file);
  } catch (cause) {
    const { code, reason } = explain(cause);
    throw new BlitError(code, `Cannot read the list of files "${file}": ${reason}`, { path: file, cause });
  }
}

function explain(error: unknown): { code: ErrorCode; reason: string } {
  if (error instanceof Deno.errors.NotFound) return { code: "not-found", reason: "no such file" };
  if (error instanceof Deno.errors.IsADirectory) return { code: "is-directory", reason: "it is a directory" };
  if (error instanceof Deno.errors.NotCapable) {
    return { code: "permission-denied", reason: "Deno was not given --allow-read for it" };
  }
  if (error instanceof Deno.errors.PermissionDenied) return { code: "permission-denied", reason: "permission denied" };
  return { code: "io", reason: error instanceof Error ? error.message : String(error) };
}

async function readAll(stdin: Io["stdin"]): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const buffer = new Uint8Array(65_536);
  for (let count = await stdin.read(buffer); count !== null; count = await stdin.read(buffer)) {
    chunks.push(buffer.slice(0, count));
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}
