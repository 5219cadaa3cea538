/**
 * A running daemon: settings in, a port that answers, and ways to reload and stop it.
 *
 * @module
 */

import type { DelegationRule } from "../core/config/delegation.ts";
import type { ModuleConfig } from "../core/config/daemon_config.ts";
import type { PortRange } from "../core/config/data_port.ts";
import { createModuleLock, isOpenToOthers } from "../core/fs/contained/mod.ts";
import type { AdvertisedText, Advertisement } from "../core/discovery/advertise.ts";
import type { ListenAddress } from "../core/config/listen_address.ts";
import type { FileSystem } from "../core/fs/types.ts";
import { loadLater } from "../core/load_later.ts";
import { waysAround } from "./ways_around.ts";
import { VERSION } from "../core/version.ts";
import { AsyncQueue } from "../core/transfer/remote/async_queue.ts";
import { PROTOCOL_NUMBER } from "../core/wire/control/protocol.ts";
import { serveControl } from "../core/wire/control/server.ts";
import type { Carrier } from "../core/wire/mod.ts";
import { within } from "../core/within.ts";
import { Exports, type ModuleAccess } from "./exports.ts";
import { Jobs } from "./jobs/jobs.ts";
import { MetricsEndpoint } from "./metrics/mod.ts";
import { registerServices } from "./services/mod.ts";
import { LaneDoor } from "./sessions/lane_door.ts";
import { openSessions, type Sessions } from "./sessions/mod.ts";
import { WalkPool } from "./walks/walk_pool.ts";

/** What a daemon says about itself while it runs. */
export interface DaemonLog {
  info(message: string, properties?: Record<string, unknown>): void;
  warn(message: string, properties?: Record<string, unknown>): void;
  error(message: string, properties?: Record<string, unknown>): void;
}

/** What may change while a daemon runs. */
export interface DaemonContent {
  readonly modules: readonly ModuleConfig[];
  readonly motd: string;
  /** From which other daemons this one pulls on somebody's behalf. */
  readonly delegation: readonly DelegationRule[];
}

/** How a daemon is told to the local network. */
export interface AdvertiseUnder {
  /** The name that it wants to have. @default {the name of this machine} */
  readonly name: string | undefined;
}

/** Options of {@linkcode startDaemon}. */
export interface DaemonOptions extends DaemonContent {
  readonly bind: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** The ports for data. @default {any that are free} */
  readonly dataPort?: PortRange | undefined;
  /** Data comes to the control port only. @default {false} */
  readonly forceGrpcData?: boolean | undefined;
  /** Tells the local network that the daemon is there. @default {nobody is told} */
  readonly mdns?: AdvertiseUnder | undefined;
  /** Where metrics are served. @default {nowhere} */
  readonly metrics?: ListenAddress | undefined;
  readonly fileSystem: FileSystem;
  readonly log: DaemonLog;
  /** How long a client may take to say whether a mirror may delete, in milliseconds. @default {600000} */
  readonly answerMs?: number | undefined;
}

/** A daemon that answers. */
export interface Daemon {
  readonly hostname: string;
  readonly port: number;
  /** Exports other modules from now on; calls under way go on with what they have. */
  replace(content: DaemonContent): void;
  /**
   * Serves metrics at this address from now on, or nowhere; what cannot be done changes nothing.
   *
   * @throws {BlitError} where the address cannot be listened on
   */
  serveMetrics(address: ListenAddress | undefined): Promise<void>;
  /** Cancels all jobs, accepts no more calls, lets those under way end, closes everything. */
  stop(): Promise<void>;
}

/** How long the directories above an entry may keep the main thread waiting, in milliseconds: without workers, sessions run on it. */
const LONGEST_WAIT_MS = 250;
/** Time for calls under way to end by themselves. */
const STOP_GRACE_MS = 2000;
/** Time for jobs that were cancelled to end; only a disk that does not answer needs more. */
const STOP_JOBS_MS = 5000;

/**
 * Starts a daemon.
 *
 * @throws {BlitError} where the address cannot be listened on.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { fileSystem, log } = options;
  const access = { fileSystem, lock: createModuleLock(), longestWaitMs: LONGEST_WAIT_MS };
  const exports = new Exports(access, options.modules);
  const jobs = new Jobs(log);
  const metrics = new MetricsEndpoint(jobs);
  const walks = new WalkPool({ access, log });
  let { motd, delegation } = options;
  let sessions!: Sessions;
  const laneArrivals = new AsyncQueue<Carrier>();
  const services = {
    exports,
    fileSystem,
    jobs,
    walks,
    laneDoor: new LaneDoor(laneArrivals),
    motd: () => motd,
    delegation: () => delegation,
    get sessions() {
      return sessions;
    },
  };
  const server = await serveControl({
    hostname: options.bind,
    port: options.port,
    routes: (router) => registerServices(router, services),
    onLane: (carrier) => laneArrivals.push(carrier),
    onCut: (address, reason) => log.warn("Connection cut off", { address, reason }),
    onDefect: (call, error) =>
      log.error("Defect", { call, error: error instanceof Error ? error.stack : String(error) }),
  });
  try {
    await metrics.moveTo(options.metrics);
    sessions = openSessions({ ...options, access, hostname: server.hostname });
  } catch (error) {
    metrics.close();
    await server.close(0);
    throw error;
  }
  warnOfOpenModules(access, options.modules, log);
  warnOfWaysAround(options.modules, log);
  const advertisement = options.mdns && await startAdvertising(options.mdns, server, options);
  return {
    hostname: server.hostname,
    port: server.port,
    replace(content) {
      warnOfOpenModules(access, content.modules, log);
      warnOfWaysAround(content.modules, log);
      exports.replace(content.modules);
      ({ motd, delegation } = content);
      advertisement?.update(textOf(content));
    },
    serveMetrics: (address) => metrics.moveTo(address),
    async stop() {
      // First, so that nobody comes any more.
      await advertisement?.stop();
      await within(jobs.stop(), STOP_JOBS_MS);
      await walks.close();
      await server.close(STOP_GRACE_MS);
      laneArrivals.end();
      await services.laneDoor.closed;
      await sessions.close();
      metrics.close();
    },
  };
}

/** Where every user of the machine can swap directories for links, only the native file system keeps all of them out. */
function warnOfOpenModules({ fileSystem }: ModuleAccess, modules: readonly ModuleConfig[], log: DaemonLog): void {
  if (fileSystem.name === "native") return;
  const open = modules.filter(({ path }) => isOpenToOthers(path)).map(({ name, path }) => ({ module: name, path }));
  if (open.length === 0) return;
  log.warn("Other users can write into modules, which the portable file system cannot protect entirely", {
    modules: open,
  });
}

/** What is read-only as one module can be written as a part of another one. */
function warnOfWaysAround(modules: readonly ModuleConfig[], log: DaemonLog): void {
  const around = waysAround(modules);
  if (around.length === 0) return;
  log.warn("Modules that are read-only can be written by way of others", { modules: around });
}

/** Loaded only now: a daemon that a script runs for itself needs none of it. */
async function startAdvertising(
  { name }: AdvertiseUnder,
  { hostname, port }: { hostname: string; port: number },
  { log, ...content }: DaemonOptions,
): Promise<Advertisement> {
  const { advertise } = await loadLater<typeof import("../core/discovery/advertise.ts")>(
    new URL("../core/discovery/advertise.ts", import.meta.url),
  );
  return advertise({
    name,
    bind: hostname,
    port,
    text: textOf(content),
    onAdvertised: (label, interfaces) => log.info("Advertised", { name: label, interfaces }),
    onProblem: (reason) => log.warn("Not advertised", { reason }),
  });
}

/** What the local network is told. */
function textOf({ modules }: DaemonContent): AdvertisedText {
  return { version: VERSION, protocol: PROTOCOL_NUMBER, modules: modules.map(({ name }) => name) };
}
