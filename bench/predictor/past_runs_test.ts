import assert from "node:assert/strict";
import { HISTORY_FILE, readRuns } from "../../core/report/mod.ts";
import { makeUpHistory } from "./past_runs.ts";
import { listPredictorWorks } from "./works.ts";

Deno.test("makeUpHistory() makes a history that Blit takes for one", () => {
  const directory = Deno.makeTempDirSync();
  try {
    Deno.writeTextFileSync(`${directory}/${HISTORY_FILE}`, makeUpHistory(listPredictorWorks(1), 100));
    const { runs, notice } = readRuns(directory);
    assert.deepEqual([runs.length, notice], [100, undefined]);
    assert.deepEqual(runs.slice(0, 2).map(({ files }) => files), [30, 300]);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
});
