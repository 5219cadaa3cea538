/**
 * Draws what is asked for.
 *
 * @module
 */

import type { MirrorOptions, Verb } from "../../../mod.ts";
import type { Dice } from "./dice.ts";
import { type Branch, spots } from "./forest.ts";

/** A verb and its options. */
export interface Request {
  readonly verb: Exclude<Verb, "verify">;
  readonly options: MirrorOptions;
  /** Whether filters keep anything from taking part. */
  readonly isFiltered: boolean;
}

/** Draws a request for a tree. */
export function drawRequest(dice: Dice, tree: Branch): Request {
  const verb = dice.pick(["copy", "mirror", "mirror", "move"] as const);
  const comparison = dice.chance(0.5)
    ? undefined
    : dice.pick(["checksum", "checksum", "size-only", "ignore-times", "ignore-existing"] as const);
  const filters = dice.chance(0.6) ? {} : drawFilters(dice, tree);
  const options: MirrorOptions = {
    ...(comparison && { comparison }),
    ...(dice.chance(0.3) && { resume: true }),
    ...(dice.chance(0.5) && { force: true }),
    ...filters,
    ...(verb === "mirror" && { allowEmptySource: true }),
    ...(verb === "mirror" && !filters.filesFrom && dice.chance(0.3) && { deleteExcluded: true }),
    ...(verb === "mirror" && dice.chance(0.1) && { maxDelete: dice.pick([0, 10, 199, 200, 500]) }),
  };
  return { verb, options, isFiltered: Object.keys(filters).length > 0 };
}

function drawFilters(dice: Dice, tree: Branch): MirrorOptions {
  const patterns = ["*.o", "f1*", "build*", "/f2", "f?", "data.*", "in*", "only*", "f[3-6]*/", "**/f7"];
  const paths = [...spots(tree)].map(({ path }) => path).filter(isPlain);
  switch (dice.below(5)) {
    case 0:
      return { exclude: [dice.pick(patterns), dice.pick(patterns)] };
    case 1:
      return { include: [dice.pick(patterns), dice.pick(patterns)] };
    case 2:
      return { minSizeBytes: dice.pick([1, 50, 5000]) };
    case 3:
      return { maxSizeBytes: dice.pick([0, 50, 65_536]), exclude: [dice.pick(patterns)] };
    default: {
      const filesFrom = paths.length === 0
        ? []
        : Array.from({ length: dice.pick([1, 5, 600]) }, () => dice.pick(paths));
      return filesFrom.length === 0 ? {} : { filesFrom };
    }
  }
}

/** Whether a path can be written as text without any doubt. */
function isPlain(path: string): boolean {
  return /^[\w ./-]+$/.test(path);
}
