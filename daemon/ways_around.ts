/**
 * Modules that lie within others.
 *
 * @module
 */

import type { ModuleConfig } from "../core/config/daemon_config.ts";

/** A module that is read-only, and one that is not and contains it. */
export interface WayAround {
  readonly module: string;
  readonly within: string;
}

/** Where a peer can write what another module exports as read-only. Paths are canonical. */
export function waysAround(modules: readonly ModuleConfig[]): WayAround[] {
  const writable = modules.filter(({ readOnly }) => !readOnly);
  return modules.filter(({ readOnly }) => readOnly).flatMap(({ name, path }) => {
    const outer = writable.find((other) => contains(other.path, path));
    return outer === undefined ? [] : [{ module: name, within: outer.name }];
  });
}

function contains(outer: string, inner: string): boolean {
  if (inner === outer) return true;
  const start = /[/\\]$/.test(outer) ? outer.length - 1 : outer.length;
  return inner.startsWith(outer) && /[/\\]/.test(inner.charAt(start));
}
