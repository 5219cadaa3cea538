/**
 * `deno task bench utils`: `blit find` and `blit du` beside `find` and `du`, here and through a daemon, on a tree of a million files
 * in memory. Nothing is asserted: the targets are printed beside the figures.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { readChildrenCpuMs } from "../cpu.ts";
import { BenchDaemon } from "./daemon.ts";

/** Where the tree is built. */
const MEMORY = "/dev/shm";
const FILES_PER_DIRECTORY = 100;
/** Blit takes this much of the time of `find` and `du`, at the most. */
const TARGET_RATIO = 1.5;
const TARGET_FIRST_MS = 200;
const TARGET_DAEMON_MIB = 150;
const PROGRAM = new URL("../../mod.ts", import.meta.url).pathname;

interface Sample {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Until the first byte of output. */
  readonly firstMs: number;
}

interface Question {
  readonly name: string;
  readonly tool: (tree: string) => string[];
  readonly blit: (target: string) => string[];
}

const QUESTIONS: readonly Question[] = [
  { name: "find", tool: (tree) => ["find", tree], blit: (target) => ["find", target] },
  {
    name: "find by name",
    tool: (tree) => ["find", tree, "-name", "*7.txt"],
    blit: (target) => ["find", target, "*7.txt"],
  },
  { name: "du", tool: (tree) => ["du", tree], blit: (target) => ["du", target] },
];

/** Runs the benchmark and returns its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { files: { type: "string" }, rounds: { type: "string" } } });
  const files = Number(values.files ?? 1_000_000);
  const rounds = Number(values.rounds ?? 5);
  if (!(files >= 1 && rounds >= 1)) throw new RangeError("Cannot use --files or --rounds: they have to be 1 or more");
  const tree = Deno.makeTempDirSync({ dir: MEMORY, prefix: "blit-bench-" });
  try {
    console.error(`building ${files} files in ${tree}`);
    build(tree, files);
    await using daemon = await BenchDaemon.start(tree);
    console.log("question       who              wall ms   cpu ms  first ms   wall ratio  cpu ratio");
    for (const question of QUESTIONS) await compare(question, { tree, daemon, rounds });
    console.log(`daemon: peak ${Math.round(daemon.peakBytes() / 2 ** 20)} MiB (target ${TARGET_DAEMON_MIB})`);
    console.log(`targets: ratio of wall time at most ${TARGET_RATIO}, first output within ${TARGET_FIRST_MS} ms`);
  } finally {
    Deno.removeSync(tree, { recursive: true });
  }
  return 0;
}

interface Setting {
  readonly tree: string;
  readonly daemon: BenchDaemon;
  readonly rounds: number;
}

/** The tool, Blit here and Blit through the daemon take turns, so that what else goes on meets all of them. */
async function compare({ name, tool, blit }: Question, { tree, daemon, rounds }: Setting): Promise<void> {
  const program = [Deno.execPath(), "run", "-A", "--quiet", PROGRAM];
  const commands = {
    tool: tool(tree),
    here: [...program, ...blit(tree)],
    daemon: [...program, ...blit(daemon.target)],
  };
  const samples: Record<string, Sample[]> = { tool: [], here: [], daemon: [] };
  for (let round = -1; round < rounds; round++) {
    for (const [who, command] of Object.entries(commands)) {
      const sample = await measure(command, who === "daemon" ? daemon : undefined);
      if (round >= 0) samples[who].push(sample); // the first one warms up
    }
  }
  for (const [who, own] of Object.entries(samples)) {
    const ratio = (key: "wallMs" | "cpuMs") => median(own.map((sample, i) => sample[key] / samples.tool[i][key]));
    const middle = (key: keyof Sample, width: number) => median(own.map((s) => s[key])).toFixed(0).padStart(width);
    const ratios = `${ratio("wallMs").toFixed(2).padStart(12)} ${ratio("cpuMs").toFixed(2).padStart(10)}`;
    const label = { tool: "the tool", here: "blit here", daemon: "blit, daemon" }[who] ?? who;
    const figures = `${middle("wallMs", 8)} ${middle("cpuMs", 8)} ${middle("firstMs", 9)}`;
    console.log(`${name.padEnd(14)} ${label.padEnd(14)} ${figures} ${ratios}`);
  }
}

/** Runs a command; its output goes through a pipe, as it does when somebody uses it. */
async function measure([command, ...args]: string[], daemon?: BenchDaemon): Promise<Sample> {
  const cpuBefore = (readChildrenCpuMs() ?? NaN) + (daemon?.cpuMs() ?? 0);
  const started = performance.now();
  const child = new Deno.Command(command, { args, stdin: "null", stdout: "piped", stderr: "inherit" }).spawn();
  let firstMs = NaN;
  for await (const _ of child.stdout) if (Number.isNaN(firstMs)) firstMs = performance.now() - started;
  const { code } = await child.status;
  const wallMs = performance.now() - started;
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ends with ${code}`);
  return { wallMs, firstMs, cpuMs: (readChildrenCpuMs() ?? NaN) + (daemon?.cpuMs() ?? 0) - cpuBefore };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}

function build(tree: string, files: number): void {
  for (let start = 0; start < files; start += FILES_PER_DIRECTORY) {
    const number = start / FILES_PER_DIRECTORY;
    const directory = `${tree}/d${Math.floor(number / 100)}/s${number % 100}`;
    Deno.mkdirSync(directory, { recursive: true });
    const count = Math.min(FILES_PER_DIRECTORY, files - start);
    for (let i = 0; i < count; i++) Deno.createSync(`${directory}/file-${start + i}.txt`).close();
  }
}
