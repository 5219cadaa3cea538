/**
 * Two daemons and a place for the trees of both ends, so that one request can be carried out on every route.
 *
 * @module
 */

import { BlitError, type Counters, type MirrorOptions, type TransferEvent, type Verb } from "../../../mod.ts";
import { zeroCounters } from "../../../core/events.ts";
import type { EventPath } from "../../../core/events.ts";
import { encodeText } from "../../../core/paths/bytes.ts";
import { start } from "../../../core/transfer/mod.ts";
import { removeTree, type Scratch } from "../scratch.ts";
import { startServer, type TestModule, type TestServer } from "../server.ts";

/** The ways of a transfer. */
export const ROUTES = [
  "local",
  "local, one thread",
  "push",
  "pull",
  "push by calls",
  "pull by calls",
  "between servers",
] as const;
const PORTABLE_ROUTES = ["portable", "push to portable", "pull from portable"] as const;
/** One of them. */
export type Route = typeof ROUTES[number] | typeof PORTABLE_ROUTES[number];

/** What was told of an entry. */
export interface Told {
  /** One character a byte. */
  readonly path: string;
  readonly what: string;
}

/** What came of a run. */
export interface Outcome {
  /** How it ended, or the code of the error that ended it. */
  readonly end: string;
  readonly message: string;
  readonly counters: Partial<Counters>;
  /** Codes and paths of entries that failed. */
  readonly failures: readonly string[];
  readonly entries: readonly Told[];
  readonly differences: readonly Told[];
}

const LONGEST_MS = 120_000;

/** The trees of both ends are directories in `sources` and `destinations`. */
export class Rig implements AsyncDisposable {
  readonly sources: string;
  readonly destinations: string;

  private constructor(
    readonly scratch: Scratch,
    public from: TestServer,
    public to: TestServer,
    readonly portable: TestServer | undefined,
  ) {
    this.sources = scratch.join("sources");
    this.destinations = scratch.join("destinations");
  }

  /** Starts both daemons. */
  static async start(scratch: Scratch): Promise<Rig> {
    const from = await startServer(scratch, moduleIn(scratch, "sources"));
    const delegation = [`127.0.0.1:${from.daemon.port}`];
    const to = await startServer(scratch, moduleIn(scratch, "destinations"), { delegation });
    const { m: sources } = moduleIn(scratch, "sources");
    const { m: destinations } = moduleIn(scratch, "destinations");
    const permissions = ["-A", "--deny-ffi"];
    // Deno opens nothing below /dev, and so nothing in /dev/shm, to a program that lacks a permission.
    const portable = scratch.path.startsWith("/dev/")
      ? undefined
      : await startServer(scratch, { sources, destinations }, { permissions });
    return new Rig(scratch, from, to, portable);
  }

  /** The routes on which only that is kept which the portable file system keeps. */
  get portableRoutes(): readonly Route[] {
    return this.portable === undefined ? ["portable"] : PORTABLE_ROUTES;
  }

  /** Kills the daemon of one end and starts another one in its place. */
  async crash(end: "from" | "to"): Promise<void> {
    this[end].assertSound();
    await this[end].daemon.stop("SIGKILL");
    const { port } = this[end].daemon;
    const delegation = [`127.0.0.1:${this.from.daemon.port}`];
    const module = moduleIn(this.scratch, end === "from" ? "sources" : "destinations");
    this[end] = await startServer(this.scratch, module, { port, delegation });
  }

  /** Both ends of a request as a user names them. */
  ends(route: Route, source: string, destination: string): [source: string, destination: string] {
    const local = [`${this.sources}/${source}`, `${this.destinations}/${destination}`] as const;
    if (route === "push to portable") return [local[0], this.portable!.at("destinations", destination)];
    if (route === "pull from portable") return [this.portable!.at("sources", source), local[1]];
    const isPulled = route.startsWith("pull") || route === "between servers";
    const isPushed = route.startsWith("push") || route === "between servers";
    return [
      isPulled ? this.from.at("m", source) : local[0],
      isPushed ? this.to.at("m", destination) : local[1],
    ];
  }

  /** Carries a request out. */
  async run(
    route: Route,
    verb: Verb,
    { source, destination, options }: { source: string; destination: string; options: MirrorOptions },
  ): Promise<Outcome> {
    const [from, to] = this.ends(route, source, destination);
    const events: TransferEvent[] = [];
    const isLocal = route.startsWith("local") || route === "portable";
    const { resume, ...rest } = options;
    const run = start({
      verb,
      source: from,
      destination: to,
      options: {
        ...rest,
        ...(isLocal ? {} : { forceGrpc: route.endsWith("by calls"), resume: resume ?? false }),
        ...(route === "local, one thread" ? { workers: 0 } : {}),
        ...(route === "portable" ? { fileSystem: "portable" as const } : {}),
        signal: AbortSignal.timeout(LONGEST_MS),
        entryEvents: true,
        onEvent: (event) => events.push(event),
      },
    });
    const end = await settle(run);
    const differences = events.filter((event) => event.type === "difference")
      .map((event) => ({ path: pathOf(event), what: `${event.kind}: ${event.difference.join(", ")}` }));
    const entries = events.filter((event) => event.type === "entry")
      .map((event) => ({ path: pathOf(event), what: `${event.action} ${event.kind}` }));
    return { ...end, entries, differences };
  }

  /** Forgets the trees of a case. */
  clear(): void {
    for (const root of [this.sources, this.destinations]) {
      for (const { name } of Deno.readDirSync(root)) removeTree(`${root}/${name}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const servers = [this.from, this.to, ...(this.portable ? [this.portable] : [])];
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    for (const server of servers) server.assertSound();
  }
}

function moduleIn(scratch: Scratch, name: string): { m: TestModule } {
  return { m: { path: scratch.directory(name), trusted: true } };
}

function pathOf({ path, pathBase64 }: EventPath): string {
  return pathBase64 === undefined ? encodeText(path) : atob(pathBase64);
}

async function settle(
  run: ReturnType<typeof start>,
): Promise<Pick<Outcome, "end" | "message" | "counters" | "failures">> {
  try {
    const { status, failures, ...summary } = await run;
    const names = Object.keys(zeroCounters()) as (keyof Counters)[];
    const counters = Object.fromEntries(names.map((name) => [name, summary[name]]));
    const lines = failures.map(({ code, path, pathBase64 }) => `${code} ${pathBase64 ?? path}`).sort();
    return { end: status, message: failures[0]?.message ?? "", counters, failures: lines };
  } catch (error) {
    if (!(error instanceof BlitError)) throw error;
    return { end: error.code, message: error.message, counters: {}, failures: [] };
  }
}
