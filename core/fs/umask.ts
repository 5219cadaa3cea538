/**
 * The permission bits that this process takes away from what it creates.
 *
 * @module
 */

/**
 * Reads the umask; `undefined` where the permissions do not tell.
 *
 * `Deno.umask()` sets it to zero and back to read it, for all threads of the process: what another one creates in that moment gets
 * too many permissions. So Linux is asked without touching it, where `/proc` may be read (which takes `-A`).
 */
export function readUmask(): number | undefined {
  const file = "/proc/self/status";
  try {
    // Reading without having asked could show a prompt.
    if (Deno.permissions.querySync({ name: "read", path: file }).state === "granted") {
      const [, digits] = /^Umask:\s*([0-7]+)$/m.exec(Deno.readTextFileSync(file)) ?? [];
      if (digits !== undefined) return parseInt(digits, 8);
    }
  } catch {
    // another platform, or not permitted
  }
  return Deno.permissions.querySync({ name: "sys", kind: "umask" }).state === "granted" ? Deno.umask() : undefined;
}
