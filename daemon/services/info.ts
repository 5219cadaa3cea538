/**
 * The calls that tell who answers and what is exported: `GetInfo` and `ListModules`.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import type { FileSystemCapabilities } from "../../core/fs/types.ts";
import { VERSION } from "../../core/version.ts";
import { PROTOCOL_NUMBER } from "../../core/wire/control/protocol.ts";
import {
  Capability,
  type GetInfoResponse,
  GetInfoResponseSchema,
  type ListModulesResponse,
  ListModulesResponseSchema,
} from "../../proto/blit/v2/blit_pb.ts";
import type { Exports } from "../exports.ts";

/** Answers `GetInfo`. */
export function getInfo(
  capabilities: FileSystemCapabilities,
  { motd, delegates }: { motd: string; delegates: boolean },
): GetInfoResponse {
  return create(GetInfoResponseSchema, {
    programVersion: VERSION,
    protocolNumber: PROTOCOL_NUMBER,
    os: Deno.build.os,
    arch: Deno.build.arch,
    capabilities: capabilitiesOf(capabilities, delegates),
    motd,
    timeStepNanoseconds: capabilities.timeStepNanoseconds,
  });
}

/** Answers `ListModules`. */
export function listModules(exports: Exports): ListModulesResponse {
  const modules = exports.modules.map(({ name, comment, readOnly, trusted }) => ({ name, comment, readOnly, trusted }));
  return create(ListModulesResponseSchema, { modules });
}

/** What the calls and the file system can do, one line each. */
function capabilitiesOf(fileSystem: FileSystemCapabilities, delegates: boolean): Capability[] {
  const all: [Capability, boolean][] = [
    [Capability.LIST, true],
    [Capability.TRANSFER, true],
    [Capability.DELEGATE, delegates],
    [Capability.JOBS, true],
    [Capability.BYTE_NAMES, fileSystem.byteNames],
    [Capability.ATTRIBUTES, fileSystem.attributes],
    [Capability.SPECIAL_FILES, fileSystem.specialFiles],
    [Capability.UNIX_MODES, fileSystem.unixModes],
    [Capability.FIND, true],
    [Capability.REMOVE, true],
  ];
  return all.filter(([, has]) => has).map(([capability]) => capability);
}
