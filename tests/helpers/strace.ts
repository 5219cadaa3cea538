/**
 * System calls that fail or take long, by strace.
 *
 * @module
 */

/** What {@linkcode injecting} changes about a system call. */
export interface Injection {
  /** The name of the system call. */
  call: string;
  /** In the form of strace's `inject`, such as `error=EIO` or `delay_enter=500000`. */
  fault: string;
  /** Only calls that concern this path, which must be a real one and need not exist yet. @default every call */
  path?: string;
}

/** A command that runs another one, threads and all, with an injection. */
export function injecting({ call, fault, path }: Injection): string[] {
  const only = path === undefined ? [] : ["-P", path];
  return ["strace", "-f", "-qq", "-o", "/dev/null", ...only, "-e", `trace=${call}`, "-e", `inject=${call}:${fault}`];
}
