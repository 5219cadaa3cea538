/**
 * Publishes to JSR what is committed, with the imports of `import_map.jsr.json`.
 *
 * `deno task publish` goes through everything but the upload; `deno task publish --upload` uploads, from a checkout without
 * changes. What follows goes to `deno publish`, such as `--token`.
 *
 * The package is put together in a directory of its own: `deno publish` takes imports from `deno.json` alone, and its
 * `--import-map` changes nothing.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { copy } from "../mod.ts";
import { compareMaps, type ImportMap } from "./import_maps.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");
/** Answers when JSR can be reached. */
const JSR = "https://jsr.io/@std/toml/meta.json";
const REACH_MS = 5000;

/** What of `deno.json` matters here. */
interface Config {
  readonly imports: ImportMap;
  readonly publish: { readonly include: readonly string[] };
}

/**
 * Puts the package together in an empty directory: what is tracked of what `deno.json` lists, and the imports that are published.
 *
 * @throws {Error} where the import maps differ
 */
export async function stagePackage(directory: string): Promise<void> {
  const config: Config = JSON.parse(Deno.readTextFileSync(`${ROOT}/deno.json`));
  const { imports }: { imports: ImportMap } = JSON.parse(Deno.readTextFileSync(`${ROOT}/import_map.jsr.json`));
  const differences = compareMaps(config.imports, imports);
  if (differences.length > 0) throw new Error(`Cannot publish: the import maps differ\n${differences.join("\n")}`);
  const tracked = git("ls-files", "-z", "--", ...config.publish.include).split("\0").filter((name) => name !== "");
  const { failures } = await copy(`${ROOT}/`, directory, { filesFrom: tracked });
  if (failures.length > 0) throw new Error(`Cannot publish: ${failures[0].message}`);
  Deno.writeTextFileSync(`${directory}/deno.json`, JSON.stringify({ ...config, imports }, undefined, 2));
}

function git(...args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command("git", { args, cwd: ROOT }).outputSync();
  if (!success) throw new Error(`Cannot publish: git ${args[0]}: ${new TextDecoder().decode(stderr).trim()}`);
  return new TextDecoder().decode(stdout);
}

/** Runs `deno publish` in the directory. Returns its exit status. */
async function publish(directory: string, { upload, rest }: { upload: boolean; rest: string[] }): Promise<number> {
  const args = ["publish", "--allow-dirty", "--no-lock", ...upload ? [] : ["--dry-run"], ...rest];
  if (!upload && !await isReachable()) {
    console.error("JSR cannot be reached: types are not checked against its packages");
    args.push("--no-check");
  }
  return (await new Deno.Command(Deno.execPath(), { args, cwd: directory }).spawn().status).code;
}

async function isReachable(): Promise<boolean> {
  try {
    const { ok, body } = await fetch(JSR, { signal: AbortSignal.timeout(REACH_MS) });
    await body?.cancel();
    return ok;
  } catch {
    return false; // that is the answer
  }
}

async function main(args: readonly string[]): Promise<number> {
  const upload = args.includes("--upload");
  if (upload && git("status", "--porcelain") !== "") {
    throw new Error("Cannot publish: there are changes that are not committed");
  }
  const directory = Deno.makeTempDirSync({ prefix: "blit-publish-" });
  try {
    await stagePackage(directory);
    return await publish(directory, { upload, rest: args.filter((arg) => arg !== "--upload") });
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

if (import.meta.main) {
  try {
    Deno.exitCode = await main(Deno.args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exitCode = 1;
  }
}
