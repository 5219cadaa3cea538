/**
 * Whether workers can be started: a worker's module that is a local file needs permission to be read.
 *
 * @module
 */

const ENGINE_WORKER = new URL("../threads/worker.ts", import.meta.url);

/** `false` where the permissions do not let a worker load its own program. */
export function workersCanStart(url: URL = ENGINE_WORKER): boolean {
  if (url.protocol !== "file:") return true;
  return Deno.permissions.querySync({ name: "read", path: url }).state === "granted";
}
