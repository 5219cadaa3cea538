/**
 * Waiting for descriptors: all waits of a thread are one call of `poll`, in a thread of the runtime's pool. The pool has few
 * threads (32 in Deno 2.9), and whatever else uses it would stand still if each wait took one.
 *
 * @module
 */

const symbols = {
  poll: { parameters: ["pointer", "u32", "i32"], result: "i32", nonblocking: true },
  malloc: { parameters: ["usize"], result: "pointer" },
  free: { parameters: ["pointer"], result: "void" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
} as const satisfies Deno.ForeignLibraryInterface;

// Numbers of Linux, the same on x86-64 and aarch64.
/** Something can be read, or the other end is gone. */
export const POLLIN = 1;
/** There is room to write. */
export const POLLOUT = 4;
const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;

/** `struct pollfd`: descriptor (4 bytes), what is waited for (2), what has come (2). */
const ENTRY_BYTES = 8;
/** Waits that there is room for at first. */
const FIRST_ENTRIES = 16;
/** The longest call, in milliseconds: one that is under way when its thread is ended goes on for so long. */
const POLL_MS = 1000;

interface Wait {
  readonly descriptor: number;
  readonly events: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** The waits of one thread. */
class Poller {
  readonly #library = Deno.dlopen("libc.so.6", symbols).symbols;
  /** Ends a call under way, so that the next one knows of new waits. */
  readonly #bell: number;
  readonly #waits = new Set<Wait>();
  /** Memory of the C library, since a call may outlive this thread. */
  #memory: Deno.PointerObject;
  #entries: DataView;
  #isPolling = false;

  constructor() {
    this.#bell = this.#library.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (this.#bell < 0) throw new Error("Cannot wait for connections: there is no eventfd");
    [this.#memory, this.#entries] = this.#allocate(FIRST_ENTRIES);
  }

  /** Resolves when what is waited for has come, or the connection is over. */
  wait(descriptor: number, events: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waits.add({ descriptor, events, resolve, reject });
      if (this.#isPolling) this.#library.write(this.#bell, new Uint8Array(new BigUint64Array([1n]).buffer), 8n);
      else this.#poll();
    });
  }

  async #poll(): Promise<void> {
    this.#isPolling = true;
    try {
      while (this.#waits.size > 0) {
        const asked = [...this.#waits];
        this.#fill(asked);
        const count = await this.#library.poll(this.#memory, asked.length + 1, POLL_MS);
        if (count === 0) continue;
        if (this.#come(0) !== 0) this.#library.read(this.#bell, new Uint8Array(8), 8n);
        // A call that failed tells nothing: everybody looks for themselves.
        for (const [i, wait] of asked.entries()) if (count < 0 || this.#come(i + 1) !== 0) this.#end(wait);
        if (count < 0) await new Promise((resolve) => setTimeout(resolve, 10));
      }
    } catch (error) {
      for (const { reject } of this.#waits) reject(error);
      this.#waits.clear();
    } finally {
      this.#isPolling = false; // in the same turn in which nobody waited, or the next one to wait would be overlooked
    }
  }

  #end(wait: Wait): void {
    this.#waits.delete(wait);
    wait.resolve();
  }

  #fill(waits: readonly Wait[]): void {
    if ((waits.length + 1) * ENTRY_BYTES > this.#entries.byteLength) {
      const former = this.#memory;
      [this.#memory, this.#entries] = this.#allocate(2 * (waits.length + 1));
      this.#library.free(former);
    }
    for (const [i, { descriptor, events }] of [{ descriptor: this.#bell, events: POLLIN }, ...waits].entries()) {
      this.#entries.setInt32(i * ENTRY_BYTES, descriptor, true);
      this.#entries.setUint32(i * ENTRY_BYTES + 4, events, true); // and nothing has come
    }
  }

  #come(index: number): number {
    return this.#entries.getInt16(index * ENTRY_BYTES + 6, true);
  }

  #allocate(entries: number): [Deno.PointerObject, DataView] {
    const bytes = entries * ENTRY_BYTES;
    const memory = this.#library.malloc(BigInt(bytes));
    if (memory === null) throw new Error("Cannot wait for connections: out of memory");
    return [memory, new DataView(new Deno.UnsafePointerView(memory).getArrayBuffer(bytes))];
  }
}

let poller: Poller | undefined;

/**
 * Resolves when what is waited for has come, or the connection is over, of which the next call on it tells. A descriptor must stay
 * open for as long as it is waited for, and the program runs for so long.
 *
 * @throws {Error} at once where there is no way to wait at all; it rejects where there is no memory for it
 */
export function untilReady(descriptor: number, events: number): Promise<void> {
  poller ??= new Poller();
  return poller.wait(descriptor, events);
}
