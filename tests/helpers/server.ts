/**
 * A daemon with modules, as the tests of remote transfers use it.
 *
 * @module
 */

import { type DaemonOptions, type RunningDaemon, startDaemon } from "./daemon.ts";
import type { Scratch } from "./scratch.ts";

/** A module: its directory, and what its configuration says of it. */
export interface TestModule {
  readonly path: string;
  readonly trusted?: boolean;
  readonly readOnly?: boolean;
}

/** A running daemon with modules; `await using` ends it. */
export class TestServer implements AsyncDisposable {
  constructor(readonly daemon: RunningDaemon, readonly host: string) {}

  /** A place in a module as a user writes it. */
  at(module: string, path = ""): string {
    return `${this.host}:${this.daemon.port}:/${module}/${path}`;
  }

  /** A place below the default root. */
  atRoot(path = ""): string {
    return `${this.host}:${this.daemon.port}://${path}`;
  }

  /** Fails where the daemon has met a defect of its own. */
  assertSound(): void {
    const defects = this.daemon.log.filter(({ message }) => message === "Defect");
    if (defects.length > 0) throw new Error(`The daemon has defects: ${JSON.stringify(defects)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon.stop();
  }
}

/** Options of {@linkcode startServer}. */
export interface ServerOptions extends DaemonOptions {
  /** @default 127.0.0.1 */
  host?: string;
  /** @default any that is free */
  port?: number;
  /** From where it pulls. */
  delegation?: readonly string[];
}

/** Starts one. The module called `root` is the default root. */
export async function startServer(
  scratch: Scratch,
  modules: Readonly<Record<string, TestModule>>,
  { host = "127.0.0.1", port, delegation = [], ...options }: ServerOptions = {},
): Promise<TestServer> {
  const config = scratch.join(`daemon-${crypto.randomUUID().slice(0, 8)}.toml`);
  const { root, ...named } = modules;
  const top = root === undefined
    ? ""
    : `[daemon]\nroot = ${JSON.stringify(root.path)}\nroot_read_only = ${!!root.readOnly}\n`;
  const rules = delegation.length === 0 ? "" : `[delegation]\nsources = ${JSON.stringify(delegation)}\n`;
  Deno.writeTextFileSync(
    config,
    top + rules + Object.entries(named).map(([name, module]) => describe(name, module)).join(""),
  );
  const bind = host === "[::1]" ? ["--bind", "::1"] : [];
  const at = port === undefined ? [] : ["--port", `${port}`];
  return new TestServer(await startDaemon({ ...options, args: ["--config", config, ...bind, ...at] }), host);
}

function describe(name: string, { path, trusted = false, readOnly = false }: TestModule): string {
  return `[[module]]\nname = "${name}"\npath = ${
    JSON.stringify(path)
  }\ntrusted = ${trusted}\nread_only = ${readOnly}\n`;
}
