/**
 * `node:fs`, loaded when a call needs what Deno's own API lacks.
 *
 * Loading it takes 15 to 18 ms in every thread (`deno run` of one line with and without it), more than starting a worker
 * does, so nothing imports it statically and reading needs none of it.
 *
 * `O_NOFOLLOW` is no protection here: unless everything is allowed (`-A`), Deno resolves the path itself, links included,
 * before it opens the result with that flag.
 *
 * @module
 */

import type * as NodeFs from "node:fs";

let loaded: typeof NodeFs | undefined;

/** The module, loaded at the first call. */
export function loadNodeFs(): typeof NodeFs {
  // deno-lint-ignore no-process-global -- importing it would load Node's layer at once
  return loaded ??= process.getBuiltinModule("node:fs");
}

/**
 * A time from 1970 on in the form that survives Node's conversion: it cuts the result of a division, and with half a
 * millisecond more that is always the right one. Times before need another way: a negative number means "now", and the
 * fraction of a negative `Date` is passed on as negative nanoseconds.
 */
export function toNodeSeconds(date: Date): number {
  return (date.getTime() + 0.5) / 1000;
}
