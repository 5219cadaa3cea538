/**
 * File systems of a known kind and size for one test, unmounted at its end.
 *
 * @module
 */

import { requireTool, runTool } from "./shell.ts";

/** What can be mounted from an image. */
export type ImageKind =
  | "ext4"
  | "ext4-coarse" // inodes of 128 bytes: whole seconds, until 2038
  | "xfs"
  | "btrfs"
  | "ntfs-folding"; // folds case, keeps no modes

/** A mounted file system that `using` unmounts. */
export class Mount implements Disposable {
  readonly path: string;
  readonly #image?: string;

  constructor(mount: (path: string) => void, image?: string) {
    this.path = Deno.makeTempDirSync({ prefix: "blit-mount-" });
    this.#image = image;
    try {
      mount(this.path);
    } catch (error) {
      this.#cleanUp();
      throw error;
    }
    // Programs that run as another user pass through it.
    runTool("chmod", ["755", this.path]);
  }

  /** Makes it read-only or writable again. */
  remount(option: "ro" | "rw"): void {
    requireTool("mount", ["-o", `remount,${option}`, this.path]);
  }

  [Symbol.dispose](): void {
    // A program that was killed a moment ago may still hold it; the lazy form detaches it in any case.
    if (runTool("umount", [this.path]).code !== 0) requireTool("umount", ["-l", this.path]);
    this.#cleanUp();
  }

  #cleanUp(): void {
    Deno.removeSync(this.path);
    if (this.#image) Deno.removeSync(this.#image);
  }
}

/** A file system in memory of this size. */
export function mountTmpfs(mebibytes: number): Mount {
  return new Mount((path) => requireTool("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "blit-test", path]));
}

/** A file system in an image of this size. */
export function mountImage(kind: ImageKind, mebibytes: number): Mount {
  const image = Deno.makeTempFileSync({ prefix: "blit-image-" });
  Deno.truncateSync(image, mebibytes << 20);
  const [command, ...args] = makeCommand(kind);
  requireTool(command, [...args, image]);
  return new Mount((path) => {
    if (kind === "ntfs-folding") requireTool("lowntfs-3g", ["-o", "ignore_case", image, path]);
    else requireTool("mount", ["-o", "loop", image, path]);
    runTool("rmdir", [`${path}/lost+found`]);
  }, image);
}

/** Shows a directory at a second place, which exists, until `using` ends it. */
export function bindMount(directory: string, place: string): Disposable {
  requireTool("mount", ["--bind", directory, place]);
  return {
    [Symbol.dispose]() {
      if (runTool("umount", [place]).code !== 0) requireTool("umount", ["-l", place]);
    },
  };
}

/** A file system that a program serves through FUSE, which can be made to stop answering. */
export class FuseMount implements AsyncDisposable {
  readonly path: string;
  readonly #image: string;
  readonly #server: Deno.ChildProcess;

  constructor(mebibytes: number) {
    this.#image = Deno.makeTempFileSync({ prefix: "blit-image-" });
    this.path = Deno.makeTempDirSync({ prefix: "blit-mount-" });
    Deno.truncateSync(this.#image, mebibytes << 20);
    requireTool("mkntfs", ["-F", "-Q", this.#image]);
    const args = ["-o", "no_detach", this.#image, this.path];
    this.#server = new Deno.Command("lowntfs-3g", { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
    const above = Deno.statSync(`${this.path}/..`).dev;
    for (let tries = 0; Deno.statSync(this.path).dev === above; tries++) {
      if (tries === 500) throw new Error("The FUSE server has not mounted anything for five seconds");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }

  /** Makes every call on it wait. */
  freeze(): void {
    this.#server.kill("SIGSTOP");
  }

  /** Makes it answer again. */
  thaw(): void {
    this.#server.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.thaw();
    if (runTool("umount", [this.path]).code !== 0) requireTool("umount", ["-l", this.path]);
    // It ends with the last open file; one of a thread that hung may never be closed.
    const timer = setTimeout(() => this.#server.kill("SIGKILL"), 2000);
    await this.#server.status;
    clearTimeout(timer);
    Deno.removeSync(this.path);
    Deno.removeSync(this.#image);
  }
}

function makeCommand(kind: ImageKind): [string, ...string[]] {
  switch (kind) {
    case "ext4":
      return ["mkfs.ext4", "-q", "-F"];
    case "ext4-coarse":
      return ["mkfs.ext4", "-q", "-F", "-I", "128"];
    case "xfs":
      return ["mkfs.xfs", "-q", "-f"];
    case "btrfs":
      return ["mkfs.btrfs", "-q", "-f"];
    case "ntfs-folding":
      return ["mkntfs", "-F", "-Q", "-q"];
  }
}
