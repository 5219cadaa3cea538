/**
 * From how many small files on workers are used: what the rules and past runs come to, for people.
 *
 * @module
 */

import { mayNotAnswer } from "../fs/volume.ts";
import { chooseWorkers, type Coefficients, type RunProfile } from "./predictor.ts";
import { chooseRoute, EXPERIENCED_LIMITS, FAST_PATH_LIMITS, isBorderline, type LookLimits } from "./route.ts";
import type { RouteQuestion } from "./route.ts";

/** Size in bytes of a small file, as the question means it: one page. */
export const SMALL_FILE_BYTES = 4096;

/** Where workers begin. */
export interface BreakEven {
  /** The fewest files from which on workers are always used. */
  readonly files: number;
  /** Past runs have moved it, or confirmed it; otherwise it is the usual rule. */
  readonly learned: boolean;
}

/**
 * The number of files of {@linkcode SMALL_FILE_BYTES} each, in few directories, from which a copy uses workers.
 *
 * @param processors logical processors
 */
export function workersFrom(coefficients: Coefficients, profile: RunProfile, processors: number): BreakEven {
  let learned = false;
  // Beyond, a look at the source does not see everything, and the usual rule holds.
  for (let files = EXPERIENCED_LIMITS.files; files > 0; files--) {
    const question = questionFor(files, profile, processors);
    const look = { ...question.look, complete: fits(question, EXPERIENCED_LIMITS) };
    const taught = isBorderline(question) ? chooseWorkers(coefficients, profile, look, processors) : undefined;
    learned ||= taught !== undefined;
    if ((taught ?? chooseRoute(question)).workers === 0) return { files: files + 1, learned };
  }
  return { files: 1, learned };
}

function questionFor(files: number, profile: RunProfile, processors: number): RouteQuestion {
  const { verb, source, destination } = profile;
  const look = { single: false, files, bytes: files * SMALL_FILE_BYTES, complete: true };
  const question = { verb, checksum: false, look, processors, mayHang: [source, destination].some(mayNotAnswer) };
  return { ...question, look: { ...look, complete: fits(question, FAST_PATH_LIMITS) } };
}

function fits({ look }: RouteQuestion, limits: LookLimits): boolean {
  return look.files <= limits.files && look.bytes <= limits.bytes;
}
