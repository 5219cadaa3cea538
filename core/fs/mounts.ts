/**
 * File systems mounted somewhere below a directory, as Linux lists them.
 *
 * @module
 */

/** Types that another program or machine answers for, by how they begin. */
const MAY_HANG = /^(fuse|nfs|cifs|smb|9p|ceph|afs|virtiofs)/;

/**
 * Whether something is mounted below a directory that may stop answering. `false` where nothing tells: on another platform, or
 * where Deno may not read `/proc`, which takes `-A`.
 */
export function mayHangBeneath(path: string): boolean {
  try {
    if (Deno.permissions.querySync({ name: "read", path: "/proc/self/mountinfo" }).state !== "granted") return false;
    const root = Deno.realPathSync(path).replace(/\/*$/, "/");
    return parseMounts(Deno.readTextFileSync("/proc/self/mountinfo"))
      .some(({ point, type }) => point.startsWith(root) && MAY_HANG.test(type));
  } catch {
    return false; // as documented
  }
}

/** A mounted file system. */
export interface Mount {
  readonly point: string;
  readonly type: string;
}

/** Reads the format of `/proc/PID/mountinfo`: the fifth field is the mount point, the first after a lone dash the type. */
export function parseMounts(text: string): Mount[] {
  return text.split("\n").flatMap((line) => {
    const [before, after] = line.split(" - ", 2);
    const point = before.split(" ")[4];
    const type = after?.split(" ")[0];
    return point === undefined || type === undefined ? [] : [{ point: unescape(point), type }];
  });
}

/** Spaces, tabs, line breaks and backslashes are written as three octal digits. */
function unescape(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(parseInt(digits, 8)));
}
