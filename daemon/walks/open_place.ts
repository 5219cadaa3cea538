/**
 * The root of a walk in a module: opened so that no symbolic link is on the way, with messages that name it as its user does.
 *
 * @module
 */

import type { Directory } from "../../core/fs/types.ts";
import { asByteString } from "../../core/paths/bytes.ts";
import type { WalkRoot } from "../../core/scan/walk.ts";
import { Exports, type ModuleAccess, withShownPath } from "../exports.ts";
import type { WalkPlace } from "./orders.ts";

/** The root of a module. */
export function openModule(access: ModuleAccess, { module }: WalkPlace): Directory {
  return new Exports(access, [module]).openModule(module);
}

/** A directory of a module, to be walked through; the directory is the caller's to close. */
export function openPlace(access: ModuleAccess, place: WalkPlace, action: string): WalkRoot {
  const { path, shown } = place;
  return withShownPath(action, shown, () => {
    using root = openModule(access, place);
    return { directory: root.openDirectory(asByteString(path.join("/"))), shown };
  });
}
