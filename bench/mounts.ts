/**
 * Which file system a path is on.
 *
 * @module
 */

/** One mounted file system. */
export interface Mount {
  directory: string;
  type: string;
  device: string;
  /** Of the mount and of the file system. */
  options: string;
}

/** Reads the text of `/proc/self/mountinfo`, in mount order. */
export function parseMounts(text: string): Mount[] {
  return text.split("\n").filter((line) => line.includes(" - ")).map((line) => {
    const [before, after] = line.split(" - ");
    const [, , , , directory, options] = before.split(" ");
    const [type, device, superOptions] = after.split(" ");
    return { directory: unescapePath(directory), type, device, options: mergeOptions(options, superOptions) };
  });
}

/** The mount that holds an absolute path without symbolic links. */
export function findMount(mounts: readonly Mount[], path: string): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const prefix = mount.directory === "/" ? "/" : `${mount.directory}/`;
    const holds = path === mount.directory || path.startsWith(prefix);
    // Of two mounts on one directory the later one hides the other.
    if (holds && mount.directory.length >= (best?.directory.length ?? 0)) best = mount;
  }
  return best;
}

/** {@linkcode findMount} on this machine. Throws when the path does not exist. */
export function readMount(path: string): Mount | undefined {
  return findMount(parseMounts(Deno.readTextFileSync("/proc/self/mountinfo")), Deno.realPathSync(path));
}

function mergeOptions(...lists: string[]): string {
  return [...new Set(lists.flatMap((list) => list.split(",")))].join(",");
}

/** The kernel writes spaces, tabs, newlines and backslashes as three octal digits. */
function unescapePath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)));
}
