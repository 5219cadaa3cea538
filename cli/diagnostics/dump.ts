/**
 * What Blit sees for one command line, as data: `blit diagnostics dump` prints it as JSON or as text.
 *
 * @module
 */

import { type Endpoint, parseEndpoint } from "../../core/endpoint.ts";
import { BlitError, EXIT_STATUS, exitStatusOf, toBlitError } from "../../core/errors.ts";
import type { FileSystemCapabilities, Volume } from "../../core/fs/mod.ts";
import type { RouteChoice } from "../../core/plan/route.ts";
import { inspect, type Inspection, type Problem } from "../../core/transfer/inspect.ts";
import { findConfigDirectory } from "../history.ts";
import type { Io } from "../io.ts";
import type { RawFlags } from "../table/mod.ts";
import { describeKeeping, type KeptHistory } from "./kept_history.ts";
import { listPermissions, type PermissionState } from "./permissions.ts";

/** Version of the JSON document. It grows when a field changes its meaning or goes away, not when one is added. */
export const DUMP_VERSION = 1;

/** One side. What cannot be told is `null`. */
export interface DumpedSide {
  readonly typed: string;
  readonly endpoint: Endpoint | null;
  /** Where the data is or goes, after the trailing-slash rule. */
  readonly path: string | null;
  /** Sizes in bytes; of the nearest existing directory above what is missing. */
  readonly fileSystem: Volume | null;
}

/** Everything that is printed. */
export interface Dump {
  readonly schema: typeof DUMP_VERSION;
  /** What is looked at. */
  readonly verb: "copy";
  readonly source: DumpedSide & { readonly transfers: "directory" | "contents" | "entry" | null };
  readonly destination: DumpedSide & { readonly exists: boolean | null };
  readonly sameDevice: boolean;
  readonly implementation: {
    readonly name: "native" | "portable";
    readonly reason: string;
    readonly capabilities: FileSystemCapabilities;
  };
  readonly processors: number;
  /** `null` where a copy would not come so far. */
  readonly route: RouteChoice | null;
  readonly permissions: readonly PermissionState[];
  readonly history: KeptHistory;
  /** In the order in which a copy would meet them. */
  readonly problems: readonly {
    readonly code: string;
    readonly message: string;
    readonly hint: string | null;
    /** The copy ends there; otherwise only what cannot be done fails. */
    readonly endsRun: boolean;
  }[];
  /** The one that the copy would end with, as far as it can be told. */
  readonly exitStatus: number;
}

/** Looks at a copy between two endpoints as typed. */
export async function createDump(source: string, destination: string, flags: RawFlags, io: Io): Promise<Dump> {
  const from = readSide(source, "copy from", io);
  const to = readSide(destination, "copy to", io);
  const inspection = await inspect({
    source: from.local,
    destination: to.local,
    options: flags.checksum ? { comparison: "checksum" } : {},
  });
  const typed = [from, to].flatMap(({ error }) => error === undefined ? [] : { error, ends: true });
  const problems = [...typed, ...inspection.problems];
  const configDirectory = findConfigDirectory(flags);
  return {
    schema: DUMP_VERSION,
    verb: "copy",
    ...describeSides(inspection, { ...from, typed: source }, { ...to, typed: destination }),
    sameDevice: inspection.sameDevice,
    implementation: {
      name: inspection.fileSystem.name,
      reason: inspection.fileSystemReason,
      capabilities: inspection.fileSystem.capabilities,
    },
    processors: inspection.processors,
    route: inspection.choice ?? null,
    permissions: listPermissions({ source: from.local, destination: to.local, configDirectory }),
    history: await describeKeeping(configDirectory, flags, inspection.fileSystem),
    problems: problems.map(({ error, ends }) => {
      const { code, message, hint = null } = error;
      return { code, message, hint, endsRun: ends };
    }),
    exitStatus: statusOf(problems),
  };
}

/** An endpoint as far as it can be understood. */
interface ReadSide {
  readonly endpoint?: Endpoint;
  readonly local?: string;
  readonly error?: BlitError;
}

function readSide(text: string, action: string, io: Io): ReadSide {
  let endpoint: Endpoint | undefined;
  try {
    endpoint = parseEndpoint(text, io.platform);
    if (endpoint.kind === "local") return { endpoint, local: endpoint.path };
    throw new BlitError(
      "unsupported",
      `Cannot look at "${text}" to ${action}: it is on a server, and a dump asks none`,
      {
        hint: "It shows what concerns the other side",
      },
    );
  } catch (error) {
    return { ...(endpoint === undefined ? {} : { endpoint }), error: toBlitError(error) };
  }
}

type TypedSide = ReadSide & { readonly typed: string };

function describeSides(
  { roots, volumes }: Inspection,
  from: TypedSide,
  to: TypedSide,
): Pick<Dump, "source" | "destination"> {
  const transfers = roots && (roots.single !== undefined ? "entry" : roots.includesRoot ? "directory" : "contents");
  const exists = roots && (roots.single === undefined ? roots.destinationExists : roots.single.replaces);
  return {
    source: {
      typed: from.typed,
      endpoint: from.endpoint ?? null,
      path: from.local ?? null,
      fileSystem: volumes.source ?? null,
      transfers: transfers ?? null,
    },
    destination: {
      typed: to.typed,
      endpoint: to.endpoint ?? null,
      path: roots?.target ?? null,
      fileSystem: volumes.destination ?? null,
      exists: exists ?? null,
    },
  };
}

/** The first problem that ends the copy decides; others make it a partial one. */
function statusOf(problems: readonly Problem[]): number {
  const end = problems.find(({ ends }) => ends);
  if (end !== undefined) return exitStatusOf(end.error.code);
  return problems.length > 0 ? EXIT_STATUS.partial : EXIT_STATUS.done;
}
