/**
 * The tools that are measured, and the command line with which each does the same job.
 *
 * Every peer is asked to keep what `rsync -a` keeps. `cp -a` also keeps extended attributes, ACLs and hard links, as
 * Blit does. tar's archive keeps whole seconds. rclone runs with `--links --metadata --create-empty-src-dirs`, which
 * makes it keep links, modes, owners and empty directories, with `--ignore-checksum` on copies, since no other tool
 * reads back what it wrote, with its own defaults for concurrency and without a configuration file.
 *
 * @module
 */

import { capture, type Command } from "./commands.ts";
import type { Job, Runner } from "./runner.ts";

/** Name of a tool, for `--tools` and the JSON report. */
export type ToolName = "blit" | "blit-portable" | "rsync" | "cp" | "tar" | "rclone" | "deno" | "blit-undelayed";

/** One subject of the benchmark. */
export interface Tool extends Runner<ToolName> {
  /** Prints the version on its first line. */
  version: Command;
}

/** A tool that cannot take part, and why. */
export interface MissingTool {
  name: ToolName;
  reason: string;
}

/** Names for people. */
export const TOOL_LABELS: Readonly<Record<ToolName, string>> = {
  "blit": "Blit",
  "blit-portable": "Blit, portable",
  "rsync": "rsync -a",
  "cp": "cp -a",
  "tar": "tar | tar",
  "rclone": "rclone",
  "deno": 'deno eval ""',
  "blit-undelayed": "Blit, undelayed",
};

const MAIN = new URL("../mod.ts", import.meta.url).pathname;
/** Permissions of Blit with its native file system, and without. */
export const PERMISSIONS = {
  native: ["-A"],
  portable: ["--no-prompt", "--allow-read", "--allow-write", "--allow-sys", "--allow-env"],
} as const;

/** All tools that copy on this machine, in the order of the tables. */
export function listTools(): Tool[] {
  return [
    blit("blit", PERMISSIONS.native),
    blit("blit-portable", PERMISSIONS.portable),
    peer("rsync", rsync),
    peer("cp", cp),
    peer("tar", tar),
    peer("rclone", rclone),
    {
      name: "deno",
      label: TOOL_LABELS.deno,
      copies: false,
      version: versionOf(Deno.execPath()),
      commandFor: () => ({ program: Deno.execPath(), args: ["eval", ""] }),
    },
  ];
}

/** First line that the tool says about its version. Rejects when it cannot be run. */
export async function readVersion(tool: Tool): Promise<string> {
  const text = await capture(tool.version);
  return text.split("\n")[0].trim();
}

function versionOf(program: string): Command {
  return { program, args: ["--version"] };
}

function peer(name: "rsync" | "cp" | "tar" | "rclone", commandFor: (job: Job) => Command): Tool {
  return { name, label: TOOL_LABELS[name], copies: true, version: versionOf(name), commandFor };
}

function blit(name: "blit" | "blit-portable", permissions: readonly string[]): Tool {
  const run = ["run", ...permissions, MAIN];
  return {
    name,
    label: TOOL_LABELS[name],
    copies: true,
    version: { program: Deno.execPath(), args: [...run, "--version"] },
    commandFor: (job) => ({ program: Deno.execPath(), args: [...run, ...blitArguments(job)] }),
  };
}

/** What Blit's command line is for a job. */
export function blitArguments({ verb, checksum, source, destination }: Job): string[] {
  const flags = [...(verb === "mirror" ? ["--yes"] : []), ...(checksum ? ["--checksum"] : [])];
  // The trailing slash puts the contents of the source into a destination that exists.
  const from = verb === "mirror" ? `${source}/` : source;
  return [verb, from, destination, ...flags];
}

function rsync({ verb, what, checksum, source, destination }: Job): Command {
  const flags = ["-a", ...(verb === "mirror" ? ["--delete"] : []), ...(checksum ? ["-c"] : [])];
  const slash = what === "tree" ? "/" : "";
  return { program: "rsync", args: [...flags, source + slash, destination + slash] };
}

function cp({ verb, source, destination }: Job): Command {
  if (verb === "mirror") throw new TypeError("Cannot mirror with cp: it never deletes");
  return { program: "cp", args: ["-a", source, destination] };
}

function tar({ verb, what, source, destination }: Job): Command {
  if (verb === "mirror") throw new TypeError("Cannot mirror with tar: it never deletes");
  if (what === "tree") {
    return shell('mkdir "$2" && tar -C "$1" -cf - . | tar -C "$2" -xpf -', [source, destination]);
  }
  const [from, name] = splitPath(source);
  return shell('tar -C "$1" -cf - "$3" | tar -C "$2" -xpf -', [from, splitPath(destination)[0], name]);
}

function rclone({ verb, what, checksum, source, destination }: Job): Command {
  const action = verb === "mirror" ? "sync" : what === "file" ? "copyto" : "copy";
  const keep = ["--links", "--metadata", ...(what === "tree" ? ["--create-empty-src-dirs"] : [])];
  const compare = checksum ? "--checksum" : "--ignore-checksum";
  return { program: "rclone", args: [action, ...keep, compare, "--config", "", "--quiet", source, destination] };
}

function shell(script: string, args: readonly string[]): Command {
  return { program: "sh", args: ["-c", script, "sh", ...args] };
}

function splitPath(path: string): [directory: string, name: string] {
  const slash = path.lastIndexOf("/");
  return [path.slice(0, slash), path.slice(slash + 1)];
}
