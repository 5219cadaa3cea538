/**
 * Every way that a transfer can take, each with a source and a destination of its own: on one machine with either file system, into
 * a daemon and out of one, both also in calls alone, and from daemon to daemon.
 *
 * @module
 */

import { BlitError, type MirrorOptions, type TransferEvent, type TransferSummary, type Verb } from "../../mod.ts";
import { start } from "../../core/transfer/mod.ts";
import { assertEquals } from "./assert.ts";
import type { Scratch } from "./scratch.ts";
import { startServer, type TestServer } from "./server.ts";
import { buildTree, type Tree } from "./tree.ts";
import { allWithoutReadOverride, WITHOUT_OVERRIDE } from "./users.ts";

/** Where the two ends are, and how they are reached. */
interface Route {
  readonly from: "here" | "daemon";
  readonly to: "here" | "daemon";
  readonly options: MirrorOptions;
}

const CALLS: MirrorOptions = { forceGrpc: true };

/** All of them, by name. */
const ROUTES = {
  "local, native": { from: "here", to: "here", options: { fileSystem: "native" } },
  "local, portable": { from: "here", to: "here", options: { fileSystem: "portable" } },
  "push": { from: "here", to: "daemon", options: {} },
  "pull": { from: "daemon", to: "here", options: {} },
  "push in calls": { from: "here", to: "daemon", options: CALLS },
  "pull in calls": { from: "daemon", to: "here", options: CALLS },
  "daemon to daemon": { from: "daemon", to: "daemon", options: {} },
} as const satisfies Record<string, Route>;

/** The name of a route. */
export type AnyRoute = keyof typeof ROUTES;
const NAMES = Object.keys(ROUTES) as AnyRoute[];

/** What there is before. */
export interface Before {
  readonly source: Tree;
  /** @default {an empty directory} */
  readonly destination?: Tree;
  /** A directory of the module in which the destination is, such as one where something is mounted. */
  readonly below?: string;
}

/** What came of a run. */
export interface RunOutcome {
  /** How it ended, or the code of the error that ended it. */
  readonly end: string;
  /** Of that error. */
  readonly message: string;
  readonly summary: TransferSummary | undefined;
  /** Codes and paths of entries that failed, sorted. */
  readonly failures: readonly string[];
  readonly events: readonly TransferEvent[];
}

/** One route, with what was built for it. */
export interface Side {
  readonly route: AnyRoute;
  /** The directories, as they are here. */
  readonly source: string;
  readonly destination: string;
  /** A place in either as this route names it. */
  from(path: string): string;
  to(path: string): string;
  readonly options: MirrorOptions;
  /** Transfers what is in the source into the destination. */
  run(verb: Verb, options?: MirrorOptions): Promise<RunOutcome>;
}

/** Two daemons, one with the sources and one with the destinations; for both of them permission bits count. */
export class AllRoutes implements AsyncDisposable {
  #count = 0;

  private constructor(
    readonly sources: TestServer,
    readonly destinations: TestServer,
    /** Where the destinations are. */
    readonly module: string,
    readonly scratch: Scratch,
  ) {}

  /** Starts them. */
  static async start(scratch: Scratch): Promise<AllRoutes> {
    const module = scratch.directory("destinations");
    const source = { m: { path: scratch.directory("sources") }, proc: { path: "/proc/sys/kernel", readOnly: true } };
    const under = WITHOUT_OVERRIDE;
    const from = await startServer(scratch, source, { under });
    const delegation = [`127.0.0.1:${from.daemon.port}`];
    return new AllRoutes(
      from,
      await startServer(scratch, { m: { path: module } }, { under, delegation }),
      module,
      scratch,
    );
  }

  /** Builds the same for every route, or for those that are named. */
  build({ source, destination = {}, below = "" }: Before, names: readonly AnyRoute[] = NAMES): Side[] {
    return names.map((route) => {
      const name = `${this.#count++}`;
      const place = below === "" ? name : `${below}/${name}`;
      const { from, to, options } = ROUTES[route];
      const sides = {
        source: buildTree(this.scratch.join("sources", name), source),
        destination: buildTree(`${this.module}/${place}`, destination),
      };
      const ways = {
        from: (path: string): string =>
          from === "here" ? `${sides.source}/${path}` : this.sources.at("m", `${name}/${path}`),
        to: (path: string): string =>
          to === "here" ? `${sides.destination}/${path}` : this.destinations.at("m", `${place}/${path}`),
      };
      const run = (verb: Verb, own: MirrorOptions = {}): Promise<RunOutcome> =>
        runOnce({ verb, source: ways.from(""), destination: ways.to(""), options: { ...options, ...own } });
      return { route, ...sides, ...ways, options, run };
    });
  }

  /** A file of /proc as a route names it. */
  proc(route: AnyRoute, name: string): string {
    return ROUTES[route].from === "here" ? `/proc/sys/kernel/${name}` : this.sources.at("proc", name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.sources[Symbol.asyncDispose](), this.destinations[Symbol.asyncDispose]()]);
    this.sources.assertSound();
    this.destinations.assertSound();
  }
}

/** Every route but the one that no move takes. */
export const MOVING: readonly AnyRoute[] = NAMES.filter((name) => name !== "daemon to daemon");

/** Carries a request out, and says how it ended. */
export async function runOnce(
  { options, ...request }: { verb: Verb; source: string; destination: string; options: MirrorOptions },
): Promise<RunOutcome> {
  const events: TransferEvent[] = [];
  const onEvent = (event: TransferEvent): void => {
    events.push(event);
    options.onEvent?.(event);
  };
  try {
    const summary = await start({ ...request, options: { ...options, entryEvents: true, onEvent } });
    return outcomeOf({ summary }, events);
  } catch (error) {
    if (!(error instanceof BlitError)) throw error;
    return outcomeOf({ error }, events);
  }
}

/** The same for all sides, by somebody for whom permission bits count. Events are not told. */
export async function runWithoutOverride(
  sides: readonly Side[],
  verb: Verb,
  options: MirrorOptions = {},
): Promise<RunOutcome[]> {
  const runs = sides.map((side) => ({
    verb,
    source: side.from(""),
    destination: side.to(""),
    options: { ...side.options, ...options },
  }));
  return (await allWithoutReadOverride(runs)).map((outcome) => outcomeOf(outcome, []));
}

function outcomeOf(
  { summary, error }: { summary?: TransferSummary; error?: { code: string; message: string } },
  events: readonly TransferEvent[],
): RunOutcome {
  return {
    end: summary?.status ?? error!.code,
    message: error?.message ?? "",
    summary,
    failures: (summary?.failures ?? []).map(({ code, path }) => `${code} ${path}`).sort(),
    events,
  };
}

/** Fails unless every route gives what is expected, and names those that do not. */
export async function assertEverywhere<T>(
  sides: readonly Side[],
  expected: T,
  look: (side: Side, index: number) => T | Promise<T>,
): Promise<void> {
  const found = await Promise.all(sides.map(async (side, i) => [side.route, await look(side, i)] as const));
  assertEquals(Object.fromEntries(found), Object.fromEntries(sides.map(({ route }) => [route, expected])));
}
