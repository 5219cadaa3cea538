/**
 * What a daemon tells of modules and entries -> types that the rest of Blit works with.
 *
 * @module
 */

import type { Entry, Module } from "../../../proto/blit/v2/blit_pb.ts";
import { EntryKind as WireKind } from "../../../proto/blit/v2/blit_pb.ts";
import { BlitError, toBlitError } from "../../errors.ts";
import type { EntryKind } from "../../fs/types.ts";
import { type ByteString, fromBytes } from "../../paths/bytes.ts";
import { receiveName } from "../../paths/receive_path.ts";
import { fromWireKind } from "./entry_kinds.ts";

/** A directory that a daemon exports. */
export interface RemoteModule {
  /** Empty for the default root. */
  readonly name: string;
  /** For people; to be cleaned before it is printed. */
  readonly comment: string;
  readonly readOnly: boolean;
  readonly trusted: boolean;
}

/** An entry of a directory on a server. */
export interface RemoteEntry {
  /** One name; empty for the root of a module. */
  readonly name: ByteString;
  readonly kind: EntryKind;
  /** Bytes, for files and symbolic links. */
  readonly size: number;
  /** The twelve permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whole seconds since 1970, negative before. */
  readonly mtimeSeconds: number;
  /** 0 to 999,999,999, to be added to the seconds. */
  readonly mtimeNanoseconds: number;
  readonly nlink: number;
  /** Of a symbolic link. */
  readonly target?: ByteString;
  /** If asked for: what it and the directories above it are called on the server's machine, in hexadecimal digits. */
  readonly identities?: readonly string[];
}

/** A module as the daemon told it. */
export function toRemoteModule({ name, comment, readOnly, trusted }: Module): RemoteModule {
  return { name, comment, readOnly, trusted };
}

/**
 * An entry of a listing.
 *
 * @throws {BlitError} "protocol" for a name that is not exactly one name.
 */
export function toRemoteEntry(entry: Entry, server: string): RemoteEntry {
  return { ...withoutName(entry), name: nameOf(entry, server) };
}

/** An entry that was asked for by its path; the root of a module has no name. */
export function toStatEntry(entry: Entry | undefined, server: string): RemoteEntry {
  if (entry === undefined) throw new BlitError("protocol", `Cannot ask "${server}": it answers with nothing`);
  return { ...withoutName(entry), name: entry.name.length === 0 ? fromBytes(entry.name) : nameOf(entry, server) };
}

function withoutName(entry: Entry): Omit<RemoteEntry, "name"> {
  return {
    kind: fromWireKind(entry.kind),
    size: Number(entry.sizeBytes),
    mode: entry.mode & 0o7777,
    uid: entry.uid,
    gid: entry.gid,
    mtimeSeconds: Number(entry.modified?.seconds ?? 0),
    mtimeNanoseconds: Math.min(Math.max(entry.modified?.nanos ?? 0, 0), 999_999_999),
    nlink: Number(entry.linkCount),
    ...(entry.kind === WireKind.SYMLINK && { target: fromBytes(entry.symlinkTarget) }),
  };
}

/** A listing is shown, so the rules of Unix do: what this platform cannot store is found out where it would be stored. */
function nameOf({ name }: Entry, server: string): ByteString {
  try {
    return receiveName(name, "unix");
  } catch (error) {
    const { message } = toBlitError(error);
    throw new BlitError("protocol", `Cannot trust "${server}": it lists an impossible name`, {
      cause: error,
      hint: message,
    });
  }
}
