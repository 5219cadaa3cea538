/**
 * The command line of the benchmark.
 *
 * @module
 */

import { parseArgs } from "node:util";

/** What is compared: tools that copy on this machine, Blit with other experience, tools with a daemon. */
export type BenchSubject = "local" | "predictor" | "remote";

/** What the user asks for. */
export interface BenchOptions {
  subject: BenchSubject;
  /** How often each tool does each workload. */
  rounds: number;
  /** Factor on the number of files and the size of large files; 1 is the published size. */
  scale: number;
  /** Names, or parts of names, of the workloads to run; empty for all. */
  only: string[];
  /** `tmpfs`, `ext4`, `image` or a directory. */
  places: string[];
  /** Names of the tools to run; empty for all. */
  tools: string[];
  /** Whether the report is printed as JSON instead of tables. */
  json: boolean;
  help: boolean;
}

/** What `--help` prints before the list of workloads. */
export function helpFor(subject: BenchSubject): string {
  return subject === "remote" ? REMOTE_HELP : HELP;
}

const REMOTE_HELP = `deno task bench remote [options]

Runs Blit and rsync in turn on the same work, with one end of it at a daemon of their own on this machine, and compares
them. The daemons listen on free ports of 127.0.0.1; some workloads reach them through a link of 100 ms each way.

  --quick         3 rounds of a fifth of the size
  --rounds N      rounds of each workload (default 5)
  --scale F       factor on the size of every workload (default 1)
  --only NAME     only workloads with NAME in their name; may be repeated
  --on PLACE      tmpfs, ext4 (a directory on such a disk), image (a fresh ext4 image, as root) or a directory;
                  may be repeated (default tmpfs)
  --json          print the report as JSON
  --help          print this help

Tables go to stdout, progress to stderr, a JSON report and an SVG chart to bench/results/.
`;

const HELP = `deno task bench [options]
deno task bench remote [options]
deno task bench utils [--files N] [--rounds N]

Runs Blit and its peers in turn on the same work and compares them. With --predictor, compares Blit without a history,
with the history of 100 runs, and with 0, 1, 2 and 4 workers. With remote, one end of the work is at a daemon;
deno task bench remote --help says more.

  --quick         3 rounds of a fifth of the size
  --rounds N      rounds of each workload (default 5)
  --scale F       factor on the size of every workload (default 1); the small trees of --predictor stay as they are
  --only NAME     only workloads with NAME in their name; may be repeated
  --tools A,B     only these of blit, blit-portable, rsync, cp, tar, rclone, deno
  --on PLACE      tmpfs, ext4 (a directory on such a disk), image (a fresh ext4 image, as root) or a directory;
                  may be repeated (default tmpfs and ext4)
  --predictor     compare what Blit chooses with fixed choices, instead of tools; --tools does not apply
  --json          print the report as JSON
  --help          print this help

Tables go to stdout, progress to stderr, a JSON report to bench/results/, and beside it an SVG chart of the tools.
`;

const FLAGS = {
  quick: { type: "boolean" },
  rounds: { type: "string" },
  scale: { type: "string" },
  only: { type: "string", multiple: true },
  tools: { type: "string", multiple: true },
  on: { type: "string", multiple: true },
  json: { type: "boolean" },
  predictor: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/** Reads the arguments. Throws a `TypeError` for an unknown flag and a `RangeError` for a number without meaning. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const remote = args[0] === "remote";
  const { values } = parseArgs({
    args: args.slice(remote ? 1 : 0),
    options: FLAGS,
    strict: true,
    allowPositionals: false,
  });
  const rounds = parsePositive("--rounds", values.rounds, values.quick ? 3 : 5);
  if (!Number.isInteger(rounds)) throw new RangeError(`Cannot use --rounds ${rounds}: it must be a whole number`);
  if (remote && (values.predictor || values.tools !== undefined)) {
    throw new TypeError("Cannot combine remote with --predictor or --tools: Blit and rsync take part");
  }
  if (values.predictor && values.tools !== undefined) {
    throw new TypeError("Cannot combine --predictor with --tools: only Blit takes part");
  }
  return {
    subject: remote ? "remote" : values.predictor ? "predictor" : "local",
    rounds,
    scale: parsePositive("--scale", values.scale, values.quick ? 0.2 : 1),
    only: values.only ?? [],
    places: values.on ?? (remote ? ["tmpfs"] : ["tmpfs", "ext4"]),
    tools: (values.tools ?? []).flatMap((list) => list.split(",")).filter((name) => name !== ""),
    json: values.json ?? false,
    help: values.help ?? false,
  };
}

function parsePositive(flag: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) {
    throw new RangeError(`Cannot use ${flag} ${text}: it must be a number above zero`);
  }
  return value;
}
