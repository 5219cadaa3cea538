/**
 * Which tools can take part here.
 *
 * @module
 */

import { capture } from "./commands.ts";
import { fingerprint } from "./build.ts";
import { measure } from "./measure.ts";
import { listTools, type MissingTool, readVersion, type Tool } from "./peers.ts";
import type { ToolInfo } from "./report.ts";

/** Tools that were tried. */
export interface ToolChoice {
  found: Tool[];
  infos: ToolInfo[];
  missing: MissingTool[];
}

/** What tools run with. */
export interface TrialOptions {
  env: Record<string, string>;
  signal: AbortSignal;
}

/** Tries the tools with these names, or all without any. Throws a `RangeError` for a name that is none. */
export async function chooseTools(names: readonly string[], options: TrialOptions): Promise<ToolChoice> {
  const all = listTools();
  const unknown = names.find((name) => !all.some((tool) => tool.name === name));
  if (unknown !== undefined) {
    throw new RangeError(`Cannot find a tool named "${unknown}": there are ${all.map(({ name }) => name).join(", ")}`);
  }
  return await tryTools(all.filter(({ name }) => names.length === 0 || names.includes(name)), options);
}

/** Tries each tool on a tiny tree, which also loads its code into the caches of disk and compiler. */
export async function tryTools(tools: readonly Tool[], options: TrialOptions): Promise<ToolChoice> {
  const choice: ToolChoice = { found: [], infos: [], missing: [] };
  for (const tool of tools) {
    const { name } = tool;
    try {
      await tryTool(tool, options);
      choice.infos.push({ name, version: await describeVersion(tool) });
      choice.found.push(tool);
    } catch (error) {
      options.signal.throwIfAborted();
      choice.missing.push({ name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return choice;
}

async function tryTool(tool: Tool, { env, signal }: TrialOptions): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "blit-bench-trial-" });
  const [source, destination] = [`${root}/src`, `${root}/dst`];
  try {
    await Deno.mkdir(`${source}/d`, { recursive: true });
    await Deno.writeTextFile(`${source}/d/f`, "content");
    await readVersion(tool);
    const job = { verb: "copy", what: "tree", checksum: false, source, destination } as const;
    const { problem } = await measure(tool.commandFor(job), { env, signal });
    if (problem !== undefined) throw new Error(problem);
    if (tool.copies && await fingerprint(destination) !== await fingerprint(source)) {
      throw new Error("it does not make a copy of a tree with one file");
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** The version, for Blit with the commit it was run from. */
async function describeVersion(tool: Tool): Promise<string> {
  const version = await readVersion(tool);
  if (!tool.name.startsWith("blit")) return version;
  const checkout = new URL("..", import.meta.url).pathname;
  try {
    const args = ["-C", checkout, "describe", "--always", "--dirty"];
    return `${version}, commit ${(await capture({ program: "git", args })).trim()}`;
  } catch {
    // Not a checkout, or no git: the version has to do.
    return version;
  }
}
