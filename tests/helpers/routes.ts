/**
 * One request on every route: on this machine, into a daemon, and out of one. What comes of it has to be the same.
 *
 * @module
 */

import { BlitError, type Counters, type MirrorOptions, type TransferEvent, type Verb } from "../../mod.ts";
import { zeroCounters } from "../../core/events.ts";
import { start } from "../../core/transfer/mod.ts";
import { entryLines } from "./engine.ts";
import type { Scratch } from "./scratch.ts";
import { startServer, type TestServer } from "./server.ts";
import { requireTool } from "./shell.ts";
import { type Snapshot, snapshot } from "./snapshot.ts";
import { buildTree, type Tree } from "./tree.ts";

/** A request, with what is there before it. */
export interface Scenario {
  readonly verb: Verb;
  readonly before: Tree;
  /** Relative to the directory in which the tree is. */
  readonly source: string;
  readonly destination: string;
  readonly options?: MirrorOptions;
}

/** What came of it. */
export interface Outcome {
  /** The code of the error that ended it, or how it ended. */
  readonly end: string;
  readonly message: string;
  readonly counters: Partial<Counters>;
  /** Codes and paths of entries that failed. */
  readonly failures: readonly string[];
  /** What was done to which entry. */
  readonly entries: readonly string[];
  readonly differences: readonly string[];
  readonly after: Snapshot;
}

/** The ways of a transfer. */
export const ROUTES = ["local", "push", "pull"] as const;
/** One of them. */
export type RouteName = typeof ROUTES[number];

/** Runs scenarios, each in a directory of its own in the one module of a daemon. */
export class RouteRunner implements AsyncDisposable {
  #count = 0;
  /** Trees that scenarios begin with, each built once. */
  readonly #templates = new Map<Tree, string>();

  private constructor(readonly scratch: Scratch, readonly server: TestServer, readonly root: string) {}

  /** Starts the daemon; its module is trusted. */
  static async start(scratch: Scratch): Promise<RouteRunner> {
    const root = scratch.directory("module");
    return new RouteRunner(scratch, await startServer(scratch, { m: { path: root, trusted: true } }), root);
  }

  /** Carries a scenario out. */
  async run(route: RouteName, { verb, before, source, destination, options = {} }: Scenario): Promise<Outcome> {
    const name = `${this.#count++}`;
    const directory = `${this.root}/${name}`;
    requireTool("cp", ["-a", this.#templateOf(before), directory]);
    const local = (path: string): string => `${directory}/${path}`;
    const remote = (path: string): string => this.server.at("m", `${name}/${path}`);
    const events: TransferEvent[] = [];
    const run = start({
      verb,
      source: route === "pull" ? remote(source) : local(source),
      destination: route === "push" ? remote(destination) : local(destination),
      options: { ...options, entryEvents: true, onEvent: (event) => events.push(event) },
    });
    const end = await settle(run, (text) => text.replace(/"[^"]*\/module\/\d+\/|"[^"]*\/m\/\d+\//g, '"'));
    return { ...end, ...summarise(events), after: snapshot(directory, { withoutTimes: true, withoutRoot: true }) };
  }

  #templateOf(tree: Tree): string {
    const known = this.#templates.get(tree);
    if (known !== undefined) return known;
    const template = buildTree(this.scratch.join(`template ${this.#templates.size}`), tree);
    this.#templates.set(tree, template);
    return template;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    this.server.assertSound();
  }
}

async function settle(
  run: ReturnType<typeof start>,
  clean: (text: string) => string,
): Promise<Pick<Outcome, "end" | "message" | "counters" | "failures">> {
  try {
    const { status, failures, ...summary } = await run;
    const names = Object.keys(zeroCounters()) as (keyof Counters)[];
    const counters = Object.fromEntries(names.map((name) => [name, summary[name]]));
    const lines = failures.map(({ code, path, message }) => `${code} ${path}: ${clean(message)}`).sort();
    return { end: status, message: "", counters, failures: lines };
  } catch (error) {
    if (!(error instanceof BlitError)) throw error;
    return { end: error.code, message: clean(error.message), counters: {}, failures: [] };
  }
}

function summarise(events: readonly TransferEvent[]): Pick<Outcome, "entries" | "differences"> {
  const differences = events.filter((event) => event.type === "difference")
    .map(({ path, kind, difference }) => `${path} ${kind}: ${difference.join(", ")}`).sort();
  return { entries: entryLines(events), differences };
}
