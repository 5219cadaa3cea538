/**
 * Waiting for what others do, and keeping a thread busy.
 *
 * @module
 */

const LONGEST_MS = 20_000;

/** Looks again and again until there is something to see, and resolves with it; fails after 20 s. */
export async function until<T>(look: () => T | Promise<T>, what: string): Promise<NonNullable<T>> {
  const deadline = Date.now() + LONGEST_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`It does not come to this within ${LONGEST_MS / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Waits until something has this path; fails after 20 s. */
export async function untilThere(path: string): Promise<void> {
  await until(() => isThere(path), `"${path}" is there`);
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Blocks the calling thread; other threads go on. */
export function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
