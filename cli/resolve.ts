/**
 * Flags as typed -> options that mean something.
 *
 * @module
 */

import { parseEndpoint } from "../core/endpoint.ts";
import { BlitError } from "../core/errors.ts";
import type { Verb } from "../core/events.ts";
import type { CommonOptions, Comparison, CopyOptions, MirrorOptions, RetryOptions } from "../core/transfer/options.ts";
import { readFilesFrom } from "./files_from.ts";
import type { Io } from "./io.ts";
import type { OutputOptions } from "./output.ts";
import type { Command } from "./parse/mod.ts";
import { parseCount, parseDuration, parseSize, parseWait } from "./parse/values.ts";
import type { RawFlags } from "./table/mod.ts";

/** The flags that choose how to compare, and what they choose. */
const COMPARISONS = {
  "checksum": "checksum",
  "size-only": "size-only",
  "ignore-times": "ignore-times",
  "ignore-existing": "ignore-existing",
} as const satisfies Partial<Record<keyof RawFlags, Comparison>>;

/** The two endpoints of a command as typed. Throws a `BlitError` "usage" for what is neither a path nor a place on a server. */
export function resolvePaths({ args }: Command<Verb>, io: Io): { source: string; destination: string } {
  const [source, destination] = args;
  for (const text of [source, destination]) parseEndpoint(text, io.platform);
  return { source, destination };
}

/** What takes part and how it is compared. Reads the file that `--files-from` names. */
export async function resolveCommon(flags: RawFlags, io: Io): Promise<CommonOptions> {
  return {
    include: flags.include,
    exclude: flags.exclude,
    minSizeBytes: convert(parseSize, "min-size", flags),
    maxSizeBytes: convert(parseSize, "max-size", flags),
    minAgeMs: convert(parseDuration, "min-age", flags),
    maxAgeMs: convert(parseDuration, "max-age", flags),
    comparison: resolveComparison(flags),
    forceGrpc: flags["force-grpc"],
    retry: resolveRetry(flags),
    filesFrom: flags["files-from"] === undefined ? undefined : await readFilesFrom(flags["files-from"], io),
  };
}

/** The options of the verbs that write. */
export async function resolveCopy(flags: RawFlags, io: Io): Promise<CopyOptions> {
  return { ...await resolveCommon(flags, io), dryRun: flags["dry-run"], force: flags.force, resume: flags.resume };
}

/** The options of a mirror, without the question before deleting. */
export async function resolveMirror(flags: RawFlags, io: Io): Promise<MirrorOptions> {
  return {
    maxDelete: convert(parseCount, "max-delete", flags),
    deleteExcluded: flags["delete-excluded"],
    allowEmptySource: flags["allow-empty-source"],
    ...await resolveCopy(flags, io),
  };
}

/** What is printed. */
export function resolveOutput(verb: Verb, flags: RawFlags): OutputOptions {
  return {
    verb,
    dryRun: flags["dry-run"] ?? false,
    quiet: flags.quiet ?? false,
    verbose: flags.verbose ?? false,
    json: flags.json ?? false,
    progress: flags.progress,
  };
}

/**
 * A local path from what was typed.
 *
 * @param action what is done with it, for the message
 * @throws {BlitError} "usage" for a server, and for what is neither
 */
export function resolveComparison(flags: RawFlags): Comparison | undefined {
  for (const [flag, comparison] of Object.entries(COMPARISONS)) {
    if (flags[flag as keyof typeof COMPARISONS]) return comparison;
  }
}

function resolveRetry(flags: RawFlags): RetryOptions | undefined {
  const times = convert(parseCount, "retry", flags);
  const waitMs = convert(parseWait, "wait", flags);
  if (times !== undefined) return waitMs === undefined ? { times } : { times, waitMs };
  if (waitMs === undefined) return undefined;
  throw new BlitError("usage", "Cannot use --wait without --retry: it says how long to wait before the next try");
}

function convert<T extends "min-size" | "max-size" | "min-age" | "max-age" | "max-delete" | "retry" | "wait">(
  parse: (flag: string, text: string) => number,
  name: T,
  flags: RawFlags,
): number | undefined {
  const text = flags[name];
  return text === undefined ? undefined : parse(name, text);
}
