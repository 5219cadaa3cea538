/**
 * The calling thread's `errno`, where the C library is called through FFI.
 *
 * @module
 */

/**
 * Maps it, to be called once a thread, from what `__errno_location` returns. After a call that failed its reason is read from
 * there: no code of the runtime runs in between.
 */
export function mapErrno(location: Deno.PointerValue): Int32Array {
  if (location === null) throw new Error("Cannot find errno: __errno_location returned null");
  return new Int32Array(new Deno.UnsafePointerView(location).getArrayBuffer(4));
}
