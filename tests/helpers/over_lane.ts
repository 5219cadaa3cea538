/**
 * A transfer whose two sides are at the ends of a lane over loopback, in this process.
 *
 * @module
 */

import type { MirrorOptions, TransferSummary, Verb } from "../../mod.ts";
import { chooseFileSystem } from "../../core/fs/mod.ts";
import { encodeText } from "../../core/paths/bytes.ts";
import { loadFilter } from "../../core/scan/filter.ts";
import { start } from "../../core/transfer/mod.ts";
import { baseName, parentOf } from "../../core/transfer/run/resolve.ts";
import { RangeHelper } from "../../core/transfer/receiving/range_helper.ts";
import type { RangeOrder, RangePort, RangeReport } from "../../core/transfer/receiving/range_messages.ts";
import { type SendTotals, sendTree, zeroSendTotals } from "../../core/transfer/sending/mod.ts";
import { dial, Lane, listen, TcpCarrier } from "../../core/wire/mod.ts";

/** What both sides came to. */
export interface LaneOutcome {
  readonly summary: TransferSummary;
  readonly sent: SendTotals;
  /** By the further lanes. */
  readonly sentInRanges: readonly SendTotals[];
}

/** What surrounds such a transfer. */
export interface LaneSetting {
  /** Further lanes that may be had for large files, all on this thread. @default {0} */
  readonly rangeLanes?: number;
  /** Told of each order of a range to a further lane; what it returns is carried out instead, if anything. */
  readonly onOrder?: (order: RangeOrder) => "lose" | void;
}

/** Runs a verb whose source is at the other end of a lane. */
export async function overLane(
  verb: Verb,
  source: string,
  destination: string,
  options: MirrorOptions = {},
  { rangeLanes = 0, onOrder = () => {} }: LaneSetting = {},
): Promise<LaneOutcome> {
  using listener = await listen({});
  const info = Deno.lstatSync(source.replace(/\/+$/, ""));
  const contentsOnly = source.endsWith("/");
  const path = source.replace(/\/+$/, "");
  let sending: Promise<SendTotals> | undefined;
  const serving: Promise<SendTotals>[] = [];
  let onPort: (port: RangePort) => void = () => {};
  const openLane = async (): Promise<{ source: Lane<"source">; sink: Lane<"sink"> }> => {
    const accepted = listener.connections().next();
    const connection = await dial({ host: "127.0.0.1", port: listener.address.port });
    return {
      source: new Lane(new TcpCarrier((await accepted).value!), { role: "source" }),
      sink: new Lane(new TcpCarrier(connection), { role: "sink" }),
    };
  };
  const tree = {
    fileSystem: chooseFileSystem(options.fileSystem),
    root: info.isDirectory ? path : parentOf(path),
    ...(info.isDirectory ? {} : { single: encodeText(baseName(path)) }),
  };
  async function addRangeLane(): Promise<void> {
    const lanes = await openLane();
    const serve = sendTree(lanes.source, { ...tree, answersOnly: true }).finally(() => lanes.source.close());
    serving.push(serve.catch(() => zeroSendTotals())); // the other lanes do what it does not
    let onReport: (report: RangeReport) => void = () => {};
    const helper = new RangeHelper(Promise.resolve(lanes.sink), { report: (report) => onReport(report) });
    onPort({
      post(command) {
        const isLost = command.type === "range" && onOrder(command.order) === "lose";
        if (isLost) lanes.source.close();
        else helper.handle(command);
      },
      listen: (listener) => onReport = listener,
      close: () => lanes.sink.close(),
    });
  }
  const summary = await start({
    verb,
    source: `peer:${source}`,
    destination,
    options,
    origin: {
      root: { label: `peer:${source}`, name: baseName(path), isDirectory: info.isDirectory, contentsOnly },
      isEmpty: info.isDirectory && [...Deno.readDirSync(path)].length === 0,
      async open(job) {
        const { source: lane, sink } = await openLane();
        const filter = await loadFilter(job.filter);
        sending = sendTree(lane, {
          ...tree,
          filter,
          ...(verb === "move" ? { move: { startedSeconds: job.startedSeconds } } : {}),
        }).finally(() => lane.close());
        sending.catch(() => {}); // looked at below
        return sink;
      },
      lanes: { most: () => rangeLanes, wish: () => void addRangeLane(), listen: (listener) => onPort = listener },
    },
  });
  return { summary, sent: await sending!, sentInRanges: await Promise.all(serving) };
}
