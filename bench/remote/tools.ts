/**
 * Blit and rsync with one end of the job at a daemon.
 *
 * @module
 */

import { listTools, type Tool, TOOL_LABELS, type ToolName } from "../peers.ts";
import type { Job } from "../runner.ts";
import { DELAYED_ADDRESS, SERVER_ADDRESS } from "./ports.ts";
import { type Daemon, MODULE, type Servers } from "./servers.ts";
import type { Transfer } from "./workloads.ts";

/** Everything that a transfer can be done with here, in the order of the tables. */
export function createRemoteTools({ blit, rsync }: Servers, transfer: Transfer): Tool[] {
  const { direction, delayed } = transfer;
  const address = delayed ? DELAYED_ADDRESS : SERVER_ADDRESS;
  const flags = transfer.forceGrpc ? ["--force-grpc"] : [];
  const ways: Way[] = [
    { name: "blit", local: "blit", daemon: blit, remote: `${address}:${blit.port}:/${MODULE}`, flags },
  ];
  if (delayed) {
    const remote = `${SERVER_ADDRESS}:${blit.port}:/${MODULE}`;
    ways.push({ name: "blit-undelayed", local: "blit", daemon: blit, remote, flags });
  }
  if (rsync !== undefined) {
    const remote = `rsync://${address}:${rsync.port}/${MODULE}`;
    ways.push({ name: "rsync", local: "rsync", daemon: rsync, remote, flags: [] });
  }
  return ways.map((way) => createTool(way, direction));
}

/** How a tool reaches a daemon. */
interface Way {
  name: ToolName;
  /** The tool whose command line is the same but for the endpoint. */
  local: ToolName;
  daemon: Daemon;
  /** What comes before an absolute path at the daemon. */
  remote: string;
  flags: readonly string[];
}

function createTool({ name, local, daemon, remote, flags }: Way, direction: Transfer["direction"]): Tool {
  const tool = listTools().find((candidate) => candidate.name === local)!;
  return {
    ...tool,
    name,
    label: TOOL_LABELS[name],
    commandFor(job) {
      const { program, args } = tool.commandFor(placeEnd(job, direction, remote));
      return { program, args: [...args, ...flags] };
    },
    readServerCpuMs: () => daemon.program.readIdleCpuMs(),
  };
}

/** The job with its source or its destination at the daemon. */
function placeEnd(job: Job, direction: Transfer["direction"], remote: string): Job {
  return direction === "push"
    ? { ...job, destination: remote + job.destination }
    : { ...job, source: remote + job.source };
}
