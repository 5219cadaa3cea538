/**
 * A running daemon: settings in, a port that answers, and ways to reload and stop it.
 *
 * @module
 */

import type { DelegationRule } from "../core/config/delegation.ts";
import type { ModuleConfig } from "../core/config/daemon_config.ts";
import type { PortRange } from "../core/config/data_port.ts";
import type { FileSystem } from "../core/fs/types.ts";
import { serveControl } from "../core/wire/control/server.ts";
import { Exports } from "./exports.ts";
import { Jobs } from "./jobs/jobs.ts";
import { registerServices } from "./services/mod.ts";
import { openSessions, type Sessions } from "./sessions/mod.ts";
import { within } from "./within.ts";

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

/** Options of {@linkcode startDaemon}. */
export interface DaemonOptions extends DaemonContent {
  readonly bind: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** The ports for data. @default {any that are free} */
  readonly dataPort?: PortRange | undefined;
  /** Data travels in the control streams only. @default {false} */
  readonly forceGrpcData?: boolean | undefined;
  readonly fileSystem: FileSystem;
  readonly log: DaemonLog;
}

/** A daemon that answers. */
export interface Daemon {
  readonly hostname: string;
  readonly port: number;
  /** Exports other modules from now on; calls under way go on with what they have. */
  replace(content: DaemonContent): void;
  /** Cancels all jobs, accepts no more calls, lets those under way end, closes everything. */
  stop(): Promise<void>;
}

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
  const exports = new Exports(fileSystem, options.modules);
  const jobs = new Jobs(log);
  let { motd, delegation } = options;
  let sessions!: Sessions;
  const services = {
    exports,
    fileSystem,
    jobs,
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
    onCut: (address, reason) => log.warn("Connection cut off", { address, reason }),
    onDefect: (call, error) =>
      log.error("Defect", { call, error: error instanceof Error ? error.stack : String(error) }),
  });
  try {
    sessions = openSessions({ ...options, hostname: server.hostname });
  } catch (error) {
    await server.close(0);
    throw error;
  }
  return {
    hostname: server.hostname,
    port: server.port,
    replace(content) {
      exports.replace(content.modules);
      ({ motd, delegation } = content);
    },
    async stop() {
      await within(jobs.stop(), STOP_JOBS_MS);
      await server.close(STOP_GRACE_MS);
      await sessions.close();
    },
  };
}
