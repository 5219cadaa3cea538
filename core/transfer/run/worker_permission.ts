/**
 * Whether workers can be started: a worker's module that is a local file needs permission to be read.
 *
 * @module
 */

/** `false` where the permissions do not let a worker load its own program. */
export function workersCanStart(): boolean {
  const url = new URL("../threads/worker.ts", import.meta.url);
  if (url.protocol !== "file:") return true;
  return Deno.permissions.querySync({ name: "read", path: url }).state === "granted";
}
