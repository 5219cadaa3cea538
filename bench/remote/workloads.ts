/**
 * The workloads between a client and a daemon, with the figures that Blit is held to.
 *
 * @module
 */

import { planFlatTree, planSingleFile } from "../trees.ts";
import { ratios, type Workload } from "../workloads.ts";
import { DELAY_MS } from "./servers.ts";

/** How content travels. */
export interface Transfer {
  /** Push: the destination is at the daemon. Pull: the source is. */
  direction: "push" | "pull";
  /** Whether Blit sends all content through the control stream. */
  forceGrpc: boolean;
  /** Whether there is latency between the two ends. */
  delayed: boolean;
}

/** Work that Blit and rsync do with a daemon. */
export interface RemoteWorkload extends Workload, Transfer {}

const DEFAULTS = {
  verb: "copy",
  what: "tree",
  checksum: false,
  preparation: "nothing",
  subject: "blit",
  tools: ["blit", "rsync"],
  roundsFactor: 1,
  mostRounds: 100,
  watchFirstByte: false,
  forceGrpc: false,
  delayed: false,
} as const;

/** All workloads, with their numbers of files and the sizes of large files multiplied by `scale`. */
export function listRemoteWorkloads(scale: number): RemoteWorkload[] {
  const scaled = (count: number) => Math.max(1, Math.round(count * scale));
  const largeFile = planSingleFile(scaled(2_000_000_000));
  const smallFiles = planFlatTree({ files: scaled(100_000), fileBytes: 4096 });
  const manyDirectories = planFlatTree({ files: scaled(10_000), fileBytes: 4096, perDirectory: 20 });
  const work: Omit<RemoteWorkload, "direction">[] = [
    {
      ...DEFAULTS,
      name: "large",
      title: "one 2 GB file",
      what: "file",
      tree: largeFile,
      mostRoundsPerSitting: 1,
      targets: ratios({ rsync: 0.35 }),
    },
    {
      ...DEFAULTS,
      name: "small",
      title: "100,000 files of 4 KiB, 250 a directory",
      tree: smallFiles,
      targets: ratios({ rsync: 0.50 }),
    },
    {
      ...DEFAULTS,
      name: "idle",
      title: "mirror, nothing to do, 100,000 files",
      verb: "mirror",
      preparation: "shared copy",
      tree: smallFiles,
      targets: ratios({ rsync: 0.60 }),
    },
    {
      ...DEFAULTS,
      name: "grpc",
      title: "one 2 GB file, Blit with --force-grpc",
      what: "file",
      forceGrpc: true,
      tree: largeFile,
      mostRoundsPerSitting: 1,
      targets: ratios({ rsync: 1 }),
    },
    {
      ...DEFAULTS,
      name: "delayed",
      title: `10,000 files of 4 KiB in 500 directories, ${DELAY_MS} ms each way`,
      delayed: true,
      tree: manyDirectories,
      tools: ["blit", "blit-undelayed", "rsync"],
      targets: [...ratios({ rsync: 0.50 }), { kind: "difference", against: "blit-undelayed", atMostMs: 3_000 }],
    },
  ];
  return work.flatMap((each) =>
    (["push", "pull"] as const).map((direction) => ({
      ...each,
      direction,
      name: `${direction}-${each.name}`,
      title: `${direction}: ${each.title}`,
    }))
  );
}
