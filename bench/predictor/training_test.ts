import assert from "node:assert/strict";
import { withPlace } from "./_testing.ts";
import { train } from "./training.ts";
import { listPredictorWorks, type PredictorWork } from "./works.ts";

const ignore = Deno.build.os !== "linux";
const SMALL = listPredictorWorks(0.0001).find(({ name }) => name === "files-30")!;

Deno.test({
  name: "train() keeps the history after each milestone, of works in turn",
  ignore,
  fn: () =>
    withPlace(async (context, directory) => {
      const other: PredictorWork = { ...SMALL, name: "other", tree: [{ path: "d", files: 9, fileBytes: 10 }] };
      const histories = await train([SMALL, other], directory, context, { warm10: 1, warm100: 3 });
      const files = (history: string) => history.trim().split("\n").map((line) => JSON.parse(line).files);
      assert.deepEqual([files(histories.warm10), files(histories.warm100)], [[30], [30, 9, 30]]);
    }),
});
