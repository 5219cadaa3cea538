/**
 * One case of runs that are interrupted or whose other end dies, again and again, until one of them is left alone.
 *
 * @module
 */

import { startBlit } from "../program.ts";
import type { Snapshot } from "../snapshot.ts";
import { Dice } from "./dice.ts";
import { edited } from "./edit.ts";
import { type Branch, spots } from "./forest.ts";
import { Grower } from "./grow.ts";
import { askRsync, differ, differLines, type Findings, remnants, settledSnapshot } from "./judge.ts";
import type { Rig, Route } from "./rig.ts";
import type { Verdict } from "./scenario.ts";
import { unpack } from "./unpack.ts";

const ROUTES = ["local", "push", "pull", "push by calls", "pull by calls"] as const;
const BLOWS = ["SIGINT", "SIGINT", "SIGTERM", "SIGKILL", "daemon"] as const;
const NEIGHBOUR = "neighbour";

/** Carries out the case of a seed. */
export async function tryInterruptions(rig: Rig, seed: number): Promise<Verdict> {
  const dice = new Dice(seed);
  const grower = new Grower(dice, {
    portable: false,
    entries: dice.pick([700, 2600, 6500]),
    bytes: dice.pick([1e6, 6e7]),
  });
  const source = grower.tree();
  const before = edited(source, grower, { rate: dice.pick([0, 0.05, 0.5, 1]), kinds: dice.chance(0.5) });
  if (dice.chance(0.3)) before.children.clear();
  const route = dice.pick(ROUTES);
  const verb = dice.pick(["copy", "mirror", "mirror", "move"] as const);
  const [from, to] = [`${rig.sources}/tree`, `${rig.destinations}/tree`];
  await unpack(source, from);
  await unpack(before, to);
  for (const root of [rig.sources, rig.destinations]) await unpack(neighbour(grower), `${root}/${NEIGHBOUR}`);
  const old: Old = {
    source: settledSnapshot(from),
    neighbours: [rig.sources, rig.destinations].map((root) => settledSnapshot(`${root}/${NEIGHBOUR}`)),
  };

  const findings: Findings = [];
  const blows: string[] = [];
  for (let n = dice.pick([1, 1, 2, 4]); n > 0; n--) {
    const drawn = dice.pick(BLOWS);
    const blow = drawn === "daemon" && route === "local" ? "SIGKILL" : drawn;
    const resume = dice.chance(0.4);
    const afterMs = 150 + dice.below(dice.pick([300, 600, 1500]));
    const args = argumentsOf(rig, { route, verb, resume });
    const { code, findings: found } = await strike(rig, args, {
      blow,
      afterMs,
      end: route.startsWith("push") ? "to" : "from",
    });
    blows.push(`${blow}${resume ? " with --resume" : ""} after ${afterMs} ms gives ${code}`);
    findings.push(...found);
    if (blow !== "daemon" && blow !== "SIGKILL" && !resume && route === "local") findings.push(...remnants(to));
    findings.push(...lost(verb, old, from, to));
  }
  const last = await startBlit(argumentsOf(rig, { route, verb, resume: dice.chance(0.4) })).result;
  if (last.code !== 0) findings.push(`the last run exits with ${last.code}: ${last.stderr}`);
  findings.push(...judge(rig, verb, old), ...lost(verb, old, from, to));
  const title = `${[...spots(source)].length} entries, ${verb}, ${route}: ${blows.join(", ")}`;
  return { title, findings: findings.map((finding) => `${route}: ${finding}`) };
}

interface Old {
  readonly source: Snapshot;
  readonly neighbours: readonly Snapshot[];
}

function neighbour(grower: Grower): Branch {
  const root: Branch = { kind: "directory", children: new Map(), ...grower.facts(true), mode: 0o755 };
  for (const name of ["f0", "f1", "f2"]) root.children.set(name, grower.leaf(true));
  return root;
}

interface Asked {
  readonly route: Route;
  readonly verb: "copy" | "mirror" | "move";
  readonly resume: boolean;
}

function argumentsOf(rig: Rig, { route, verb, resume }: Asked): string[] {
  const [source, destination] = rig.ends(route, "tree/", "tree");
  return [
    verb,
    "--force",
    ...(verb === "move" ? ["--checksum"] : []), // or equal sizes and times would be enough to remove
    ...(verb === "mirror" ? ["--yes", "--allow-empty-source"] : []),
    ...(resume && route !== "local" ? ["--resume"] : []),
    ...(route.endsWith("by calls") ? ["--force-grpc"] : []),
    source,
    destination,
  ];
}

interface Blow {
  readonly blow: typeof BLOWS[number];
  readonly afterMs: number;
  /** Whose daemon takes part. */
  readonly end: "from" | "to";
}

/** Starts a run and interrupts it. How it ends must fit. */
async function strike(
  rig: Rig,
  args: readonly string[],
  { blow, afterMs, end }: Blow,
): Promise<{ code: number; findings: Findings }> {
  const run = startBlit(args);
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  if (blow === "daemon") await rig.crash(end);
  else {
    try {
      run.kill(blow);
    } catch {
      // it has ended already
    }
  }
  const { code, signal, stderr } = await run.result;
  const expected = { SIGINT: [130], SIGTERM: [143], SIGKILL: [137], daemon: [4] }[blow];
  if (code === 0 || expected.includes(code)) return { code, findings: [] };
  return { code, findings: [`after ${blow} a run exits with ${code} ${signal}: ${stderr.slice(0, 1000)}`] };
}

/** What is at neither end any more. */
function lost(verb: Asked["verb"], old: Old, from: string, to: string): Findings {
  const left = settledSnapshot(from);
  if (verb !== "move") return differ(left, old.source, "the source changes");
  const there = settledSnapshot(to);
  const paths = Object.keys(old.source).filter((path) => !old.source[path].startsWith("d "));
  const content = (line: string | undefined): string | undefined => line?.replace(/ same-as=.*/, "");
  const gone = paths.filter((path) =>
    content(left[path]) !== content(old.source[path]) && content(there[path]) !== content(old.source[path])
  );
  return differLines(gone.map((path) => `${path} ${old.source[path]} | ${left[path]} | ${there[path]}`), [], "lost");
}

function judge(rig: Rig, verb: Asked["verb"], old: Old): Findings {
  const [from, to] = [`${rig.sources}/tree`, `${rig.destinations}/tree`];
  const findings = remnants(rig.destinations);
  [rig.sources, rig.destinations].forEach((root, i) => {
    findings.push(...differ(settledSnapshot(`${root}/${NEIGHBOUR}`), old.neighbours[i], `the neighbour in ${root}`));
  });
  if (verb === "move") {
    const left = [...Deno.readDirSync(from)].map(({ name }) => name);
    return [...findings, ...differLines(left, [], "a move leaves")];
  }
  const lines = askRsync(from, to, verb === "mirror" ? ["--delete"] : []);
  return [...findings, ...differLines(lines, [], "rsync would still change")];
}
