/**
 * The history of somebody who has run the works of the benchmark before.
 *
 * @module
 */

import { formatRun, runTime } from "../../core/report/run_record.ts";
import { countBytes, countFiles } from "../trees.ts";
import type { PredictorWork } from "./works.ts";

/** A history of so many runs, a line each, made up: of the works in turn, at the pace of a disk. */
export function makeUpHistory(works: readonly PredictorWork[], runs: number): string {
  const lines = Array.from({ length: runs }, (_, i) => {
    const { verb, tree, checksum, fileSystem } = works[i % works.length];
    const [files, bytes] = [countFiles(tree), countBytes(tree)];
    const side = { type: "tmpfs", device: "memory" } as const;
    return formatRun({
      schema: 1,
      time: runTime(new Date(Date.now() - (runs - i) * 60_000)),
      verb,
      route: files <= 8 ? "fast" : "streaming",
      fileSystem,
      source: side,
      destination: side,
      sameDevice: true,
      checksum,
      files,
      bytes,
      entries: files,
      planningMs: 1,
      copyingMs: 5 + files * 0.01 + bytes * 1e-6,
      workers: files > 2000 ? 2 : 0,
      stalls: 0,
      failures: 0,
    })!;
  });
  return lines.join("");
}
