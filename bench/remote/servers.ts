/**
 * The servers of both sides, on this machine: `blit-daemon` of this checkout, rsync's daemon, and the link with latency.
 *
 * Each exports the whole file system as the module `all`, so that every absolute path has a remote form.
 *
 * @module
 */

import { isRoot } from "../places.ts";
import { DELAYED_ADDRESS, findFreePorts, SERVER_ADDRESS } from "./ports.ts";
import { ServerProgram } from "./server_program.ts";

/** The module that both daemons export. */
export const MODULE = "all";
/** Latency of the link, each way. */
export const DELAY_MS = 100;

/** A daemon and its port, the same on {@linkcode SERVER_ADDRESS} and {@linkcode DELAYED_ADDRESS}. */
export interface Daemon {
  program: ServerProgram;
  port: number;
}

/** What runs. */
export interface Servers {
  blit: Daemon;
  /** Absent where rsync cannot be run, with the reason in `missing`. */
  rsync?: Daemon;
  missing: { what: string; reason: string }[];
}

/** Options of {@linkcode startServers}. */
export interface ServersOptions {
  /** For the configurations. */
  directory: string;
  /** Whether {@linkcode DELAYED_ADDRESS} leads to the daemons. */
  delayed: boolean;
  env: Record<string, string>;
  signal: AbortSignal;
}

/** Starts the servers; they end when `cleanup` is disposed of. */
export async function startServers(cleanup: AsyncDisposableStack, options: ServersOptions): Promise<Servers> {
  // A data port for each thread that the daemon would have anyway.
  const dataPorts = Math.min(8, Math.max(2, navigator.hardwareConcurrency));
  const port = findFreePorts(dataPorts + 2);
  const ports = { data: [port + 1, port + dataPorts], rsync: port + dataPorts + 1 } as const;
  const blit = { program: cleanup.use(await startBlit(port, ports.data, options)), port };
  const servers: Servers = { blit, missing: [] };
  try {
    servers.rsync = { program: cleanup.use(await startRsync(ports.rsync, options)), port: ports.rsync };
  } catch (error) {
    options.signal.throwIfAborted();
    servers.missing.push({ what: "rsync --daemon", reason: error instanceof Error ? error.message : String(error) });
  }
  if (options.delayed) cleanup.use(await startLink(port, ports.rsync, options));
  return servers;
}

async function startBlit(
  port: number,
  [first, last]: readonly [number, number],
  { directory, env, signal }: ServersOptions,
): Promise<ServerProgram> {
  const config = `${directory}/blit-daemon.toml`;
  await Deno.writeTextFile(
    config,
    `[daemon]
bind = "${SERVER_ADDRESS}"
port = ${port}
data_port = "${first}-${last}"

[[module]]
name = "${MODULE}"
path = "/"
trusted = true
`,
  );
  const main = new URL("../../daemon/main.ts", import.meta.url).pathname;
  const args = ["run", "--quiet", "-A", main, "--config", config];
  // It listens on a port for data once a session needs it.
  const listens = [{ hostname: SERVER_ADDRESS, port }];
  return await ServerProgram.start({ program: Deno.execPath(), args }, { listens, env, signal });
}

async function startRsync(port: number, { directory, env, signal }: ServersOptions): Promise<ServerProgram> {
  const config = `${directory}/rsyncd.conf`;
  // Without root, a user and a group can neither be set nor are they needed.
  const owner = isRoot() ? "uid = root\ngid = root\n" : "";
  // Without "munge symlinks" links stay as they are, as Blit keeps them.
  await Deno.writeTextFile(
    config,
    `use chroot = no
munge symlinks = no
reverse lookup = no
log file = /dev/null
[${MODULE}]
path = /
read only = no
${owner}`,
  );
  const args = ["--daemon", "--no-detach", `--config=${config}`, `--address=${SERVER_ADDRESS}`, `--port=${port}`];
  const listens = [{ hostname: SERVER_ADDRESS, port }];
  return await ServerProgram.start({ program: "rsync", args }, { listens, env, signal });
}

async function startLink(first: number, last: number, { env, signal }: ServersOptions): Promise<ServerProgram> {
  const proxy = new URL("./delay_proxy.ts", import.meta.url).pathname;
  const ports = listRange(first, last);
  const args = ["run", "--quiet", "--allow-net", proxy, DELAY_MS, DELAYED_ADDRESS, SERVER_ADDRESS, ...ports].map(
    String,
  );
  const listens = ports.map((port) => ({ hostname: DELAYED_ADDRESS, port }));
  return await ServerProgram.start({ program: Deno.execPath(), args }, { listens, env, signal });
}

function listRange(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
