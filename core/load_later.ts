/**
 * Modules that are loaded when they are needed, and not before.
 *
 * @module
 */

/**
 * Imports a module without its name in the program text. Deno reads whatever an `import("...")` with a literal names into its graph
 * at every start, used or not: for what servers need that is 170 modules, and 20 ms of the 40 in which a small file is copied.
 *
 * @param url of a module of Blit, from `new URL("./x.ts", import.meta.url)`; a local file needs permission to be read
 */
export async function loadLater<T>(url: URL): Promise<T> {
  return await import(url.href) as T;
}
