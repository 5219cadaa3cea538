/**
 * Processor time of the programs that this process has started.
 *
 * @module
 */

const RUSAGE_CHILDREN = -1;
// struct rusage of 64-bit Linux: two times of two words each, then fourteen counters.
const RUSAGE_BYTES = 18 * 8;

type ReadUsage = (who: number, usage: Uint8Array<ArrayBuffer>) => number;
let readUsage: ReadUsage | null | undefined;

/**
 * User and system time in milliseconds of all programs that have ended and been waited for, with what they started in
 * turn; to the microsecond, where `/proc` counts hundredths of a second. `undefined` without glibc.
 */
export function readChildrenCpuMs(): number | undefined {
  readUsage ??= openLibrary();
  const usage = new Uint8Array(RUSAGE_BYTES);
  return readUsage?.(RUSAGE_CHILDREN, usage) === 0 ? parseCpuMs(usage) : undefined;
}

/** User and system time in milliseconds from the bytes of a `struct rusage`. */
export function parseCpuMs(usage: Uint8Array<ArrayBuffer>): number {
  const words = new BigInt64Array(usage.buffer, usage.byteOffset, 4);
  const [userS, userUs, systemS, systemUs] = Array.from(words, Number);
  return (userS + systemS) * 1000 + (userUs + systemUs) / 1000;
}

function openLibrary(): ReadUsage | null {
  try {
    const library = Deno.dlopen("libc.so.6", { getrusage: { parameters: ["i32", "buffer"], result: "i32" } });
    return library.symbols.getrusage;
  } catch {
    return null; // another C library or another system: the figures do without
  }
}
