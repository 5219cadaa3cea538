/**
 * Waiting for what others do, and keeping a thread busy.
 *
 * @module
 */

/** Waits until something has this path; fails after 20 s. */
export async function untilThere(path: string): Promise<void> {
  for (let i = 0; i < 4000; i++) {
    try {
      Deno.lstatSync(path);
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`"${path}" never appears`);
}

/** Blocks the calling thread; other threads go on. */
export function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
