/**
 * The calls of `BlitService`, each with the function that answers it. A call that is not here is answered "unsupported".
 *
 * @module
 */

import type { ConnectRouter } from "@connectrpc/connect";
import type { FileSystem } from "../../core/fs/types.ts";
import { BlitService } from "../../proto/blit/v2/blit_pb.ts";
import type { Exports } from "../exports.ts";
import type { DelegationRule } from "../../core/config/delegation.ts";
import { delegate } from "./delegate.ts";
import { getInfo, listModules } from "./info.ts";
import type { Sessions } from "../sessions/mod.ts";
import type { LaneDoor } from "../sessions/lane_door.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { cancelJob, getState, subscribe } from "./jobs.ts";
import { list, stat } from "./look.ts";
import { transfer } from "./transfer.ts";
import type { WalkPool } from "../walks/walk_pool.ts";
import { diskUsage, fileSystems, find, remove } from "./walks.ts";

/** What the calls work with. */
export interface ServiceContext {
  readonly exports: Exports;
  readonly fileSystem: FileSystem;
  /** There when the first call comes. */
  readonly sessions: Sessions;
  readonly jobs: Jobs;
  readonly walks: WalkPool;
  /** Where lanes come in that cannot reach a data port. */
  readonly laneDoor: LaneDoor;
  /** The message of the day as it is now; a reload may change it. */
  motd(): string;
  /** From where this daemon pulls, as it is now. */
  delegation(): readonly DelegationRule[];
}

/** Registers every call. */
export function registerServices(router: ConnectRouter, services: ServiceContext): void {
  const { exports, fileSystem, jobs, motd } = services;
  router.service(BlitService, {
    getInfo: () => getInfo(fileSystem.capabilities, { motd: motd(), delegates: services.delegation().length > 0 }),
    listModules: () => listModules(exports),
    list: (request, context) => list(services, request, context),
    stat: (request, context) => stat(services, request, context),
    find: (request, context) => find(services, request, context),
    diskUsage: (request, context) => diskUsage(services, request, context),
    fileSystems: (request, context) => fileSystems(services, request, context),
    remove: (request, context) => remove(services, request, context),
    transfer: (requests, context) => transfer(services, requests, context),
    delegate: (requests, context) => delegate(services, requests, context),
    getState: () => getState(jobs),
    subscribe: (request, context) => subscribe(jobs, request, context),
    cancelJob: (request, context) => cancelJob(jobs, request, context),
  });
}
