/**
 * A request and its roots become the job that every engine gets.
 *
 * @module
 */

import type { FileSystem } from "../../fs/mod.ts";
import { readUmask } from "../../fs/umask.ts";
import { type FilterRules, normaliseListedPath } from "../../scan/filter.ts";
import type { Job, Mode, ModulePlace } from "../threads/job.ts";
import type { FilterOptions } from "../options.ts";
import type { TransferRequest } from "./orchestrator.ts";
import type { ResolvedRoots } from "./resolve.ts";

/** Applies the defaults. */
export function createJob(
  request: TransferRequest,
  roots: ResolvedRoots & { readonly module?: ModulePlace },
  fileSystem: FileSystem,
): Job {
  const { verb, options } = request;
  const { comparison = verb === "verify" ? "checksum" : "size-and-time" } = options;
  const { capabilities } = fileSystem;
  const isTrusted = request.place?.isTrusted ?? true;
  const mode: Mode = verb === "verify" ? "verify" : options.dryRun ? "plan" : "write";
  return {
    verb,
    mode,
    source: roots.source,
    shownSource: roots.shownSource,
    destination: roots.destinationExists || mode === "write" ? roots.destination : undefined,
    ...(roots.module === undefined ? {} : { module: roots.module }),
    ...(roots.single === undefined ? {} : { single: roots.single }),
    rules: {
      content: comparison,
      metadata: verb !== "verify" || comparison !== "size-only",
      timeStepNanoseconds: capabilities.timeStepNanoseconds,
      owners: capabilities.owners && isTrusted,
      modes: capabilities.unixModes,
    },
    filter: createRules(options),
    fileSystem: fileSystem.name,
    mirror: (verb === "mirror" || verb === "verify") && roots.single === undefined,
    deleteExcluded: options.deleteExcluded ?? false,
    force: options.force ?? false,
    entryEvents: options.entryEvents ?? false,
    startedSeconds: Date.now() / 1000,
    flushFiles: verb === "move" && !capabilities.flushAll,
    ...umaskOf(capabilities.unixModes),
    smallSteps: false,
    resume: options.resume ?? false,
    isTrusted,
  };
}

/** The filter that the options describe, with ages by this clock. */
export function createRules(options: FilterOptions): FilterRules {
  const nowSeconds = Date.now() / 1000;
  const { minSizeBytes, maxSizeBytes, minAgeMs, maxAgeMs, filesFrom } = options;
  return {
    exclude: options.exclude ?? [],
    include: options.include ?? [],
    ...(minSizeBytes === undefined ? {} : { minSizeBytes }),
    ...(maxSizeBytes === undefined ? {} : { maxSizeBytes }),
    ...(minAgeMs === undefined ? {} : { modifiedBeforeSeconds: nowSeconds - minAgeMs / 1000 }),
    ...(maxAgeMs === undefined ? {} : { modifiedAfterSeconds: nowSeconds - maxAgeMs / 1000 }),
    ...(filesFrom === undefined ? {} : { filesFrom: filesFrom.map(normaliseListedPath) }),
  };
}

function umaskOf(unixModes: boolean): { umask?: number } {
  const umask = unixModes ? readUmask() : undefined;
  return umask === undefined ? {} : { umask };
}
