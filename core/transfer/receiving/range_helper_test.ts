import { assertEquals, assertRejects } from "@std/assert";
import { BlitError } from "../../errors.ts";
import { asByteString } from "../../paths/bytes.ts";
import { connectedPair } from "../../wire/_testing.ts";
import { Lane } from "../../wire/mod.ts";
import { RangeHelper } from "./range_helper.ts";
import type { RangeReport } from "./range_messages.ts";

/** Begins where opening the module fails, and tells what was reported once `ended` has settled. */
async function beginWith(error: Error, look: (ended: Promise<void>) => Promise<unknown>): Promise<string[]> {
  const [one, other] = await connectedPair();
  using _peer = new Lane(other, { role: "source" });
  using lane = new Lane(one, { role: "sink" });
  const reports: RangeReport[] = [];
  const openModule = (): never => {
    throw error;
  };
  const helper = new RangeHelper(Promise.resolve(lane), { report: (report) => reports.push(report), openModule });
  const target = { destination: "/module", beneath: asByteString("below"), fileSystem: "portable" } as const;
  helper.handle({ type: "begin", target });
  await look(helper.ended);
  return reports.map(({ type }) => type);
}

Deno.test("RangeHelper leaves its ranges to others where the destination cannot be opened", async () => {
  const error = new BlitError("permission-denied", "Cannot open it");
  assertEquals(await beginWith(error, (ended) => ended), ["lost"]);
});

Deno.test("RangeHelper does not hide a defect", async () => {
  const reports = await beginWith(
    new TypeError("it is not a function"),
    (ended) => assertRejects(() => ended, TypeError, "it is not a function"),
  );
  assertEquals(reports, []);
});
