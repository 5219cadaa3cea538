/**
 * Directories for one test, gone at its end.
 *
 * @module
 */

/** A new directory that `using` removes with everything in it. */
export class Scratch implements Disposable {
  /** Absolute, without symbolic links on the way. */
  readonly path: string;

  constructor() {
    this.path = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "blit-test-" }));
    // Programs that run as another user pass through it.
    if (Deno.build.os !== "windows") Deno.chmodSync(this.path, 0o755);
  }

  /** A path below, from its components. */
  join(...names: string[]): string {
    return [this.path, ...names].join("/");
  }

  /** Creates a directory below and returns its path. */
  directory(...names: string[]): string {
    const path = this.join(...names);
    Deno.mkdirSync(path, { recursive: true });
    return path;
  }

  [Symbol.dispose](): void {
    removeTree(this.path);
  }
}

/** Removes a tree of any depth, also one whose directories forbid it. */
export function removeTree(path: string): void {
  if (Deno.build.os === "windows") {
    Deno.removeSync(path, { recursive: true });
    return;
  }
  // `rm` walks by directory handles, so that paths longer than PATH_MAX are no obstacle.
  if (new Deno.Command("rm", { args: ["-rf", "--", path], stderr: "null" }).outputSync().success) return;
  new Deno.Command("chmod", { args: ["-R", "u+rwX", "--", path], stderr: "null" }).outputSync();
  const second = new Deno.Command("rm", { args: ["-rf", "--", path] }).outputSync();
  if (!second.success) throw new Error(`Cannot remove "${path}": ${new TextDecoder().decode(second.stderr)}`);
}
