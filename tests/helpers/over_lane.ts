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
import { type SendTotals, sendTree } from "../../core/transfer/sending/mod.ts";
import { dial, Lane, listen, TcpCarrier } from "../../core/wire/mod.ts";

/** What both sides came to. */
export interface LaneOutcome {
  readonly summary: TransferSummary;
  readonly sent: SendTotals;
}

/** Runs a verb whose source is at the other end of a lane. */
export async function overLane(
  verb: Verb,
  source: string,
  destination: string,
  options: MirrorOptions = {},
): Promise<LaneOutcome> {
  using listener = await listen({});
  const info = Deno.lstatSync(source.replace(/\/+$/, ""));
  const contentsOnly = source.endsWith("/");
  const path = source.replace(/\/+$/, "");
  let sending: Promise<SendTotals> | undefined;
  const summary = await start({
    verb,
    source: `peer:${source}`,
    destination,
    options,
    origin: {
      root: { label: `peer:${source}`, name: baseName(path), isDirectory: info.isDirectory, contentsOnly },
      isEmpty: info.isDirectory && [...Deno.readDirSync(path)].length === 0,
      async open(job) {
        const accepted = listener.connections().next();
        const connection = await dial({ host: "127.0.0.1", port: listener.address.port });
        const lane = new Lane(new TcpCarrier((await accepted).value!), { role: "source" });
        const filter = await loadFilter(job.filter);
        const single = info.isDirectory ? {} : { single: encodeText(baseName(path)) };
        sending = sendTree(lane, {
          fileSystem: chooseFileSystem(options.fileSystem),
          root: info.isDirectory ? path : parentOf(path),
          filter,
          ...single,
          ...(verb === "move" ? { move: { startedSeconds: job.startedSeconds } } : {}),
        }).finally(() => lane.close());
        sending.catch(() => {}); // looked at below
        return new Lane(new TcpCarrier(connection), { role: "sink" });
      },
    },
  });
  return { summary, sent: await sending! };
}
