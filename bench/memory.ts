/**
 * Memory that the machine has, and a ballast that keeps it warm.
 *
 * @module
 */

/** Memory in bytes. */
export interface MemoryState {
  totalBytes: number;
  /** Free or reclaimable. */
  availableBytes: number;
}

/** Reads the text of `/proc/meminfo`. */
export function parseMemory(text: string): MemoryState {
  const read = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0) * 1024;
  return { totalBytes: read("MemTotal"), availableBytes: read("MemAvailable") };
}

/** Bytes that a benchmark may fill; the rest stays with the system and with the programs that run. */
export function usableBytes({ totalBytes, availableBytes }: MemoryState): number {
  const reserve = Math.max(1.5 * 1024 ** 3, totalBytes * 0.08);
  return Math.max(0, Math.floor(availableBytes - reserve));
}

/** {@linkcode usableBytes} of this machine, now. */
export function readUsableBytes(): number {
  return usableBytes(parseMemory(Deno.readTextFileSync("/proc/meminfo")));
}

const CHUNK_BYTES = 8 * 1024 * 1024;

/**
 * A file in memory that holds warm pages until a run needs them.
 *
 * In a virtual machine the first touch of a page costs ten times as much as later ones, since the host has to find
 * memory for it, and hosts with free page reporting take free pages back within seconds. Whoever touches a page first
 * would pay for it. The ballast touches the pages beforehand, keeps them, and gives up as many as a run needs right
 * before it.
 */
export class Ballast implements Disposable {
  readonly #file: Deno.FsFile;
  #bytes = 0;

  /** `path` must be on tmpfs, and the file must not exist. Whoever creates the ballast removes the file. */
  constructor(path: string) {
    this.#file = Deno.openSync(path, { createNew: true, write: true });
  }

  /** Fills the ballast up to `bytes`, as far as memory goes, and returns how large it is. */
  async growTo(bytes: number, signal?: AbortSignal): Promise<number> {
    // Not zeros: a host may merge or compress pages of zeros.
    const chunk = new Uint8Array(CHUNK_BYTES).fill(0xa5);
    const limit = Math.min(bytes, this.#bytes + readUsableBytes());
    await this.#file.seek(this.#bytes, Deno.SeekMode.Start);
    while (this.#bytes + CHUNK_BYTES <= limit) {
      signal?.throwIfAborted();
      this.#bytes += await this.#file.write(chunk);
    }
    return this.#bytes;
  }

  /** Gives `bytes` back to the system, or all that is left. */
  async release(bytes: number): Promise<void> {
    this.#bytes = Math.max(0, this.#bytes - bytes);
    await this.#file.truncate(this.#bytes);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
