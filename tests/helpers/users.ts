/**
 * Blit with fewer rights than the test has.
 *
 * @module
 */

import type { MirrorOptions, TransferSummary, Verb } from "../../mod.ts";
import { denoDirectory, privateHome, PROJECT } from "./program.ts";
import { removeTree } from "./scratch.ts";
import { requireTool } from "./shell.ts";

/** Root for whom the permission bits count: reading a file of mode 0000 fails as it does for everybody. */
export const WITHOUT_OVERRIDE: readonly string[] = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"];

/** Somebody who is not root. */
export const NOBODY: readonly string[] = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

/** What a run of the library in another process came to. */
export interface LibraryOutcome {
  summary?: TransferSummary;
  error?: { code: string; message: string };
}

/** A call of the library. Options travel as JSON. */
export interface LibraryRun {
  verb: Verb;
  source: string;
  destination: string;
  options?: Omit<MirrorOptions, "signal" | "onEvent">;
}

/** Calls a function of the library as {@linkcode WITHOUT_OVERRIDE}. */
export async function withoutReadOverride(
  verb: Verb,
  source: string,
  destination: string,
  options: LibraryRun["options"] = {},
): Promise<LibraryOutcome> {
  const [outcome] = await allWithoutReadOverride([{ verb, source, destination, options }]);
  return outcome;
}

/** The same for several calls at once, in one process. */
export async function allWithoutReadOverride(runs: readonly LibraryRun[]): Promise<LibraryOutcome[]> {
  const program = `
    import * as blit from "${new URL("../../mod.ts", import.meta.url)}";
    const outcomes = JSON.parse(Deno.args[0]).map(async ({ verb, source, destination, options }) => {
      try {
        return { summary: await blit[verb](source, destination, options) };
      } catch (error) {
        return { error: { code: error.code, message: error.message } };
      }
    });
    console.log(JSON.stringify(await Promise.all(outcomes)));`;
  const path = Deno.makeTempFileSync({ suffix: ".ts" });
  try {
    Deno.writeTextFileSync(path, program);
    const [command, ...args] = [...WITHOUT_OVERRIDE, Deno.execPath(), "run", "-A", "--quiet", "--no-check"];
    const output = await new Deno.Command(command, {
      args: [...args, `--config=${PROJECT}/deno.json`, path, JSON.stringify(runs)],
      env: privateHome(),
    }).output();
    const text = new TextDecoder().decode(output.stdout);
    if (text === "") throw new Error(new TextDecoder().decode(output.stderr));
    return JSON.parse(text);
  } finally {
    Deno.removeSync(path);
  }
}

/** A home and module cache that {@linkcode NOBODY} can use, removed by `using`. */
export class NobodysHome implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "blit-nobody-" });
  /** The environment that points there. */
  readonly env: Record<string, string> = {
    HOME: this.path,
    XDG_CONFIG_HOME: `${this.path}/.config`,
    DENO_DIR: `${this.path}/deno`,
  };

  constructor() {
    Deno.mkdirSync(`${this.path}/deno`);
    requireTool("cp", ["-r", `${denoDirectory()}/npm`, `${this.path}/deno/npm`]);
    requireTool("chown", ["-R", "65534:65534", this.path]);
  }

  [Symbol.dispose](): void {
    removeTree(this.path);
  }
}
