/**
 * One case: a source, a destination and a request that follow from a seed, carried out on some routes and judged.
 *
 * @module
 */

import { asByteString, displayName } from "../../../core/paths/bytes.ts";
import { Dice } from "./dice.ts";
import { edited } from "./edit.ts";
import { type Branch, type Node, spots } from "./forest.ts";
import { Grower } from "./grow.ts";
import { askRsync, differ, differLines, type Findings, remnants, settledSnapshot } from "./judge.ts";
import { drawRequest, type Request } from "./requests.ts";
import { type Outcome, type Rig, type Route, ROUTES, type Told } from "./rig.ts";
import { unpack } from "./unpack.ts";
import type { Snapshot } from "../snapshot.ts";

/** What came of a case. */
export interface Verdict {
  readonly title: string;
  readonly findings: Findings;
}

/** Carries out the case of a seed. */
export async function tryRoutes(rig: Rig, seed: number): Promise<Verdict> {
  const dice = new Dice(seed);
  // Once in a while more than a source tells without an answer (`WINDOW_ENTRIES`), which takes minutes.
  const isWide = dice.chance(0.005);
  const entries = isWide ? 40_000 : dice.pick([5, 50, 300, 700, 700, 1200, 1200, 2600, 6500]);
  const portable = !isWide && dice.chance(0.25);
  const grower = new Grower(dice, { portable, entries, bytes: dice.pick([1e5, 1e6, 3e7]) });
  const source = grower.tree();
  const rate = dice.pick([0, 0.002, 0.05, 0.3, 1]);
  const before = edited(source, grower, { rate, kinds: dice.chance(0.6) });
  const request = drawRequest(dice, source);
  // From server to server nothing is moved.
  const possible = ROUTES.filter((route) =>
    route !== "local" && (request.verb !== "move" || route !== "between servers")
  );
  const others = [...possible].sort(() => dice.next() - 0.5).slice(0, isWide ? 1 : 2);
  const routes: Route[] = ["local", ...(portable ? rig.portableRoutes : []), ...others.slice(portable ? 1 : 0)];
  const count = [...spots(source)].length;
  const title = `${count} entries, ${rate} edited, ${request.verb} ${
    JSON.stringify(request.options, (key, value) => key === "filesFrom" ? value.length : value)
  } by ${routes.join("; ")}`;
  const findings: Findings = [];
  const runs: Tried[] = [];
  const milliseconds = portable;
  const linked = new Set([...linkedPaths(source), ...linkedPaths(before)]);
  const given: Case = { source, before, request, linked, findings, milliseconds };
  for (const route of routes) runs.push(await tryRoute(rig, route, given));
  const [reference, ...rest] = runs;
  for (const run of rest) findings.push(...compareRuns(run, reference, { request, linked }));
  return { title, findings };
}

interface Case {
  readonly source: Branch;
  readonly before: Branch;
  readonly request: Request;
  /** Paths of files with several names: which of them is the first is a matter of luck. */
  readonly linked: ReadonlySet<string>;
  readonly findings: Findings;
  /** Times are kept to the millisecond only. */
  readonly milliseconds: boolean;
  /** What both sides are before, once it is known. */
  old?: { readonly source: Snapshot; readonly destination: Snapshot };
}

interface Tried {
  readonly route: Route;
  readonly verified: Outcome;
  readonly planned: Outcome;
  readonly done: Outcome;
  readonly after: Snapshot;
  readonly left: Snapshot;
}

async function tryRoute(rig: Rig, route: Route, given: Case): Promise<Tried> {
  const { source, before, request: { verb, options, isFiltered }, linked } = given;
  const say = (found: Findings): void => void given.findings.push(...found.map((finding) => `${route}: ${finding}`));
  const [from, to] = [`${rig.sources}/tree`, `${rig.destinations}/tree`];
  const look = (root: string): Snapshot => settledSnapshot(root, given);
  await unpack(source, from);
  await unpack(before, to);
  const ends = { source: "tree/", destination: "tree" };
  given.old ??= { source: look(from), destination: look(to) };

  const verified = await rig.run(route, "verify", { ...ends, options: {} });
  if (route === "local") say(compareWithRsync(verified, from, to, linked));
  const planned = await rig.run(route, verb, { ...ends, options: { ...options, dryRun: true } });
  say(differ(look(to), given.old.destination, "a dry run changes the destination"));
  const done = await rig.run(route, verb, { ...ends, options });
  if (done.end !== planned.end) say([`the dry run ends with ${planned.end}, the run with ${done.end} ${done.message}`]);
  // What is refused is told of by a dry run, and not done.
  if (done.end !== "refused") say(compareTold(planned.entries, done.entries, linked, "the dry run"));
  const after = look(to);
  const left = verb === "move" ? look(from) : given.old.source;
  say(remnants(to));
  if (verb !== "move") {
    if (!isFiltered && done.end === "done" && options.comparison !== "ignore-existing") {
      const flags: Record<string, string[]> = {
        "checksum": ["-c"],
        "ignore-times": ["-c"],
        "size-only": ["--size-only"],
        "size-and-time": [],
      };
      const own = flags[options.comparison ?? "size-and-time"];
      if (route.includes("portable")) own.push("--modify-window=1");
      const lines = askRsync(from, to, [...own, ...(verb === "mirror" ? ["--delete"] : [])]);
      say(differLines(lines, [], "rsync would still change"));
    }
    const again = await rig.run(route, verb, { ...ends, options });
    if (options.comparison !== "ignore-times") say(compareTold(again.entries, [], new Set(), "a second run"));
    if (again.entries.length > 0) say(differ(look(to), after, "a second run changes something"));
  }
  rig.clear();
  return { route, verified, planned, done, after, left };
}

function compareRuns(run: Tried, reference: Tried, { request, linked }: Pick<Case, "request" | "linked">): Findings {
  const what = `${run.route} and ${reference.route}`;
  const { resume: resumed = false, comparison } = request.options;
  // Of names of one file with different contents, sizes and times being equal, the first one stays.
  const isExact = comparison === "checksum" || comparison === "ignore-times";
  const masked = (tree: Snapshot): Snapshot => isExact ? tree : withoutContent(tree, linked);
  return [
    ...differ(masked(run.after), masked(reference.after), `${what}: destinations`),
    ...differ(run.left, reference.left, `${what}: sources`),
    ...compareTold(run.verified.differences, reference.verified.differences, linked, `${what}: verify`),
    ...compareOutcomes(run.done, reference.done, { what: `${what}: run`, linked, resumed }),
    ...compareOutcomes(run.planned, reference.planned, { what: `${what}: dry run`, linked, resumed }),
    ...compareOutcomes(run.verified, reference.verified, { what: `${what}: verify`, linked, resumed: false }),
  ];
}

/** A tree without the contents of files that have several names; non-ASCII names among them cost their neighbours nothing. */
function withoutContent(tree: Snapshot, linked: ReadonlySet<string>): Snapshot {
  const shown = new Set([...linked].map((path) => displayName(asByteString(path))));
  return Object.fromEntries(
    Object.entries(tree).map(([path, line]) => [path, shown.has(path) ? line.replace(/ sha256=\S+/, "") : line]),
  );
}

interface Comparing {
  readonly what: string;
  readonly linked: ReadonlySet<string>;
  readonly resumed: boolean;
}

function compareOutcomes(actual: Outcome, expected: Outcome, { what, linked, resumed }: Comparing): Findings {
  const show = ({ end, counters }: Outcome): string => {
    const { entriesFound, bytesFound, filtered, deleted, removed, failed } = counters;
    const certain = { entriesFound, bytesFound, filtered, deleted, removed, failed };
    return JSON.stringify({
      end,
      ...(linked.size > 0 ? certain : { ...counters, ...(resumed && { bytesCopied: 0 }) }),
    });
  };
  return [
    ...(show(actual) === show(expected)
      ? []
      : [`${what}:\n  ${show(actual)} ${actual.message}\n  ${show(expected)} ${expected.message}`]),
    ...differLines(actual.failures, expected.failures, `${what}: failures`),
    ...compareTold(actual.entries, expected.entries, linked, what),
  ];
}

function compareTold(
  actual: readonly Told[],
  expected: readonly Told[],
  except: ReadonlySet<string>,
  what: string,
): Findings {
  const lines = (all: readonly Told[]): string[] =>
    all.filter(({ path }) => !except.has(path)).map((told) => `${told.what} ${JSON.stringify(told.path)}`);
  return differLines(lines(actual), lines(expected), `${what}: entries`);
}

function* linkedPaths(tree: Branch): Generator<string> {
  const first = new Map<Node, string>();
  for (const { node, path } of spots(tree)) {
    if (node.kind === "directory") continue;
    const other = first.get(node);
    if (other === undefined) first.set(node, path);
    else yield* [other, path];
  }
}

/** Verify's paths are those that rsync names. */
function compareWithRsync(
  verified: Outcome,
  source: string,
  destination: string,
  except: ReadonlySet<string>,
): Findings {
  const told = new Set(verified.differences.map(({ path }) => path));
  const asked = new Set(
    askRsync(source, destination, ["-c", "--delete"]).map((line) => line.slice(12).split(" -> ")[0].split(" => ")[0])
      .map((path) => path.replace(/\\#(\d{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8))))
      .map((path) => path.replace(/\/$/, "")),
  );
  asked.delete(".");
  told.delete("");
  // What is below something that the source does not have is not told of one by one.
  const isBelow = (path: string): boolean => path.includes("/") && (told.has(dirOf(path)) || isBelow(dirOf(path)));
  const rest = [...asked].filter((path) => !(told.has(path) ? false : isBelow(path)));
  const counts = (path: string): boolean => !except.has(path);
  return differLines([...told].filter(counts), rest.filter(counts), "verify and rsync");
}

function dirOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}
