/**
 * A worker of a client that pushes: opens a lane and answers what is asked on it, for ranges of large files.
 *
 * @module
 */

/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />

import { toBlitError } from "../../errors.ts";
import { chooseFileSystem } from "../../fs/mod.ts";
import { loadFilter } from "../../scan/filter.ts";
import { Lane, openLane } from "../../wire/mod.ts";
import { sendTree } from "./send_tree.ts";
import type { ServeRanges } from "./serve_ranges.ts";

self.onmessage = async ({ data }: MessageEvent<ServeRanges>) => {
  const { host, port, token, fileSystem, root, shownRoot, single } = data;
  try {
    using lane = new Lane(await openLane({ host, port, token, lane: 0 }), { role: "source" });
    const filter = await loadFilter(data.filter);
    const tree = { fileSystem: chooseFileSystem(fileSystem), root, shownRoot, filter, ...(single && { single }) };
    await sendTree(lane, { ...tree, answersOnly: true });
  } catch (error) {
    // The other side goes on without this lane. A defect ends this worker as an error that nobody has caught: it is printed.
    if (toBlitError(error).code === "internal") throw error;
  }
  self.close();
};
