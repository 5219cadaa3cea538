/**
 * Worker of `build.ts`: writes its share of the directories of a tree.
 *
 * Receives one {@linkcode BuildTask} and answers with one {@linkcode BuildAnswer}.
 *
 * @module
 */

import { type DirectoryPlan, filePath } from "./trees.ts";

/** What a worker is asked to write. */
export interface BuildTask {
  root: string;
  directories: DirectoryPlan[];
  /** Its first byte turns 1 when the worker should stop and answer. */
  stop: SharedArrayBuffer;
}

/** What a worker answers: nothing to say, or why it failed. */
export interface BuildAnswer {
  problem?: string;
}

const BUFFER_BYTES = 16 * 1024 * 1024;
const CHUNK_BYTES = 8 * 1024 * 1024;
// The Web Crypto API gives no more at once.
const RANDOM_BYTES = 65_536;
// A prime, so that files start at ever different places of the buffer.
const STEP_BYTES = 104_729;

function writeShare({ root, directories, stop }: BuildTask): void {
  const buffer = createRandomBuffer();
  const flag = new Uint8Array(stop);
  let offset = 0;
  for (const directory of directories) {
    Deno.mkdirSync(`${root}/${directory.path}`, { recursive: true });
    for (let index = 0; index < directory.files; index++) {
      if (Atomics.load(flag, 0) === 1) return;
      offset = (offset + STEP_BYTES) % (BUFFER_BYTES - CHUNK_BYTES);
      writeContent(`${root}/${filePath(directory, index)}`, directory.fileBytes, buffer.subarray(offset));
    }
  }
}

function writeContent(path: string, fileBytes: number, random: Uint8Array): void {
  if (fileBytes <= CHUNK_BYTES) return Deno.writeFileSync(path, random.subarray(0, fileBytes));
  using file = Deno.openSync(path, { create: true, write: true });
  for (let written = 0; written < fileBytes;) {
    // Chunks start at different places, or the file would repeat itself.
    const start = (written / CHUNK_BYTES) % (random.length - CHUNK_BYTES);
    const bytes = Math.min(CHUNK_BYTES, fileBytes - written);
    written += file.writeSync(random.subarray(Math.floor(start), Math.floor(start) + bytes));
  }
}

function createRandomBuffer(): Uint8Array {
  const buffer = new Uint8Array(BUFFER_BYTES);
  for (let at = 0; at < BUFFER_BYTES; at += RANDOM_BYTES) {
    crypto.getRandomValues(buffer.subarray(at, at + RANDOM_BYTES));
  }
  return buffer;
}

// The global scope of a worker, which the type checker takes for a window.
const scope = self as unknown as {
  onmessage: (event: MessageEvent<BuildTask>) => void;
  postMessage: (answer: BuildAnswer) => void;
};

scope.onmessage = ({ data }) => {
  const answer: BuildAnswer = {};
  try {
    writeShare(data);
  } catch (error) {
    answer.problem = error instanceof Error ? error.message : String(error);
  }
  scope.postMessage(answer);
};
