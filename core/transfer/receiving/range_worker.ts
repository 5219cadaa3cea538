/**
 * A worker of a client that pulls: opens a lane and writes what arrives on it.
 *
 * @module
 */

/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />

import { Lane, openLane } from "../../wire/mod.ts";
import { RangeHelper } from "./range_helper.ts";
import type { OpenRangeLane, RangeCommand, RangeReport } from "./range_messages.ts";

let helper: RangeHelper | undefined;

self.onmessage = ({ data }: MessageEvent<OpenRangeLane | RangeCommand>) => {
  if (data.type !== "open") return helper?.handle(data);
  helper = new RangeHelper(open(data), { report: (report: RangeReport) => self.postMessage(report) });
  // A defect ends this worker as an error that nobody has caught: it is printed, and the receiver knows that the lane is lost.
  helper.ended.then(() => self.close());
};

async function open({ host, port, token }: OpenRangeLane): Promise<Lane<"sink">> {
  return new Lane(await openLane({ host, port, token, lane: 0 }), { role: "sink" });
}
