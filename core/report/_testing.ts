/**
 * What the tests of the history share.
 *
 * @module
 */

import { formatRun, type RunRecord } from "./run_record.ts";

/** A run that fits the schema. */
export function sampleRun(fields: Partial<RunRecord> = {}): RunRecord {
  return {
    schema: 1,
    time: "2026-01-31T12:00:00Z",
    verb: "copy",
    route: "streaming",
    fileSystem: "native",
    source: { type: "ext4", device: "ssd" },
    destination: { type: "fuse.sshfs", device: "network" },
    sameDevice: false,
    checksum: false,
    files: 1234,
    bytes: 5_678_901,
    entries: 1300,
    planningMs: 1.5,
    copyingMs: 250.125,
    workers: 2,
    stalls: 0,
    failures: 0,
    ...fields,
  };
}

/** A new directory that `using` removes with everything in it. */
export class TestDirectory implements Disposable {
  readonly path: string = Deno.makeTempDirSync({ prefix: "blit-test-" });

  /** A path below. */
  join(name: string): string {
    return `${this.path}/${name}`;
  }

  /** The names in it, sorted. */
  names(): string[] {
    return [...Deno.readDirSync(this.path)].map(({ name }) => name).sort();
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** Holds the lock of a history until disposed. */
export function holdLock(directory: string): Disposable {
  const file = Deno.openSync(`${directory}/perf_local.lock`, { write: true, create: true });
  file.lockSync(true);
  return file;
}

/** Lines whose `files` count up from 0, as many as fit. */
export function linesUpTo(bytes: number): string {
  let text = "";
  for (let files = 0;; files++) {
    const next = formatRun(sampleRun({ files }))!;
    if (text.length + next.length > bytes) return text;
    text += next;
  }
}

type Write = (file: Deno.FsFile, bytes: Uint8Array) => number;

/** Puts something between the code and its writes to files. */
export function spyOnWrites(
  replacement: (file: Deno.FsFile, bytes: Uint8Array, write: Write) => number,
): Disposable & { readonly sizes: number[] } {
  const { writeSync } = Deno.FsFile.prototype;
  const sizes: number[] = [];
  Deno.FsFile.prototype.writeSync = function (this: Deno.FsFile, bytes): number {
    sizes.push(bytes.length);
    return replacement(this, bytes, (file, part) => writeSync.call(file, part));
  };
  return { sizes, [Symbol.dispose]: () => void (Deno.FsFile.prototype.writeSync = writeSync) };
}
