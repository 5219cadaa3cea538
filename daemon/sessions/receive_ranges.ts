/**
 * Ranges of large files that a session in another thread receives.
 *
 * @module
 */

import { RangeHelper } from "../../core/transfer/receiving/range_helper.ts";
import type { RangeCommand, RangePort, RangeReport } from "../../core/transfer/receiving/range_messages.ts";
import { type Carrier, Lane } from "../../core/wire/mod.ts";
import type { Exports, Place } from "../exports.ts";

/** What such a session works with. */
export interface ReceiveRangesOptions {
  readonly exports: Exports;
  readonly place: Place;
  readonly carrier: Promise<Carrier>;
  /** The way to the session that decides. */
  readonly port: MessagePort;
  readonly signal: AbortSignal;
}

/** Writes what it is ordered to, until it is told to end. */
export async function runReceiveRanges({ exports, place, carrier, port, signal }: ReceiveRangesOptions): Promise<void> {
  const lane = carrier.then((opened) => new Lane(opened, { role: "sink", signal }));
  const helper = new RangeHelper(lane, {
    report: (report) => port.postMessage(report),
    openModule: () => exports.openModule(place.module),
  });
  port.onmessage = ({ data }: MessageEvent<RangeCommand>) => helper.handle(data);
  const stopped = Promise.withResolvers<void>();
  // A lane that has been opened ends by the same signal, and says so.
  signal.addEventListener("abort", () => lane.catch(() => stopped.resolve()), { once: true });
  try {
    await Promise.race([helper.ended, stopped.promise]);
  } catch (error) {
    port.postMessage({ type: "lost" } satisfies RangeReport);
    throw error;
  } finally {
    port.close();
  }
}

/** The other end of such a port. */
export function toRangePort(port: MessagePort): RangePort {
  return {
    post: (command) => port.postMessage(command),
    listen: (onReport) => {
      port.onmessage = ({ data }: MessageEvent<RangeReport>) => onReport(data);
    },
    close: () => port.close(),
  };
}
