/**
 * A first question to both sides that may remain unanswered: a mount whose server is gone blocks every call on it for ever,
 * and what blocks the main thread nobody could end.
 *
 * @module
 */

import { BlitError } from "../../errors.ts";
import type { FileSystem } from "../../fs/mod.ts";

/**
 * Waits until the paths can be asked about, or have told why not; what they tell is the business of whoever uses them.
 *
 * @throws {BlitError} "stalled" when one of them does not answer within `limitMs`
 */
export async function probePaths(paths: readonly string[], limitMs: number): Promise<void> {
  await Promise.all(paths.map((path) => probe(path, limitMs)));
}

async function probe(path: string, limitMs: number): Promise<void> {
  const { promise: silence, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(noAnswer(path, limitMs)), limitMs);
  try {
    await Promise.race([Deno.stat(path).catch(() => {}), silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a path, or the nearest directory above it that exists, is on a file system that may stop answering. */
export function mayHang(fileSystem: FileSystem, path: string): boolean {
  for (let at = path;;) {
    const facts = fileSystem.factsOf(at === "" ? "." : at);
    if (facts !== undefined) return facts.mayHang;
    const slash = at.replace(/\/+$/, "").lastIndexOf("/");
    if (at === "" || at === "/") return false;
    at = slash < 0 ? "" : slash === 0 ? "/" : at.slice(0, slash);
  }
}

function noAnswer(path: string, limitMs: number): BlitError {
  const seconds = Math.round(limitMs / 100) / 10;
  return new BlitError("stalled", `Cannot reach "${path}": its file system has not answered for ${seconds} s`, {
    path,
    hint: "A disk, a network file system or the program behind a mount does not answer",
  });
}
