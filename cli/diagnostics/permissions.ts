/**
 * What the process may do, as far as Blit asks.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { configVariables } from "../history.ts";

/** One permission. */
export interface PermissionState {
  /** Such as `read`. */
  readonly name: Deno.PermissionDescriptor["name"];
  /** A path, the name of a variable, or the kind of system information; `undefined` for all there is. */
  readonly of?: string;
  /** What it is for, as the rest of a sentence. */
  readonly purpose: string;
  readonly granted: boolean;
}

/** What the permissions are asked about. */
export interface PermissionQuestion {
  /** Local paths. */
  readonly source?: string | undefined;
  readonly destination?: string | undefined;
  readonly configDirectory?: string | undefined;
}

/** Asks for nothing: no prompt appears. */
export function listPermissions({ source, destination, configDirectory }: PermissionQuestion): PermissionState[] {
  return [
    ...forPath("read", source, "reads the source"),
    ...forPath("read", destination, "compares with what is there"),
    ...forPath("write", destination, "writes to the destination"),
    ...forPath("read", programFolder(), "starts workers"),
    state({ name: "ffi" }, undefined, "allows the native file system"),
    state({ name: "sys", kind: "umask" }, "umask", "tells the mode of new files"),
    state({ name: "sys", kind: "uid" }, "uid", "lets root keep owners where the file system is portable"),
    ...configVariables().map((variable) => state({ name: "env", variable }, variable, "tells where the history is")),
    ...forPath("read", configDirectory, "shows past runs"),
    ...forPath("write", configDirectory, "records runs"),
    state({ name: "net" }, undefined, "is not needed between local paths"),
  ];
}

function forPath(name: "read" | "write", path: string | undefined, purpose: string): PermissionState[] {
  return path === undefined ? [] : [state({ name, path }, path, purpose)];
}

function state(descriptor: Deno.PermissionDescriptor, of: string | undefined, purpose: string): PermissionState {
  const granted = Deno.permissions.querySync(descriptor).state === "granted";
  return { name: descriptor.name, ...(of === undefined ? {} : { of }), purpose, granted };
}

/** `undefined` where the program comes from the network and its modules are loaded without permission. */
function programFolder(): string | undefined {
  const url = new URL("../../core", import.meta.url);
  return url.protocol === "file:" ? fileURLToPath(url) : undefined;
}
