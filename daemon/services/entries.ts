/**
 * What a file system knows of an entry -> what the control plane tells of it.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import type { Directory, Stat } from "../../core/fs/types.ts";
import { type ByteString, toBytes } from "../../core/paths/bytes.ts";
import { toWireKind } from "../../core/wire/control/entry_kinds.ts";
import { type Entry, EntrySchema } from "../../proto/blit/v2/blit_pb.ts";

/** The message for an entry of this directory. Where a symbolic link points is read here. */
export function toEntry(directory: Directory, name: ByteString, stat: Stat): Entry {
  const target = stat.kind === "symlink" ? { symlinkTarget: toBytes(directory.readLink(name)) } : {};
  return { ...entryWithoutTarget(name, stat), ...target };
}

/** The message for an entry that is no symbolic link. */
export function entryWithoutTarget(name: ByteString, stat: Stat): Entry {
  return create(EntrySchema, {
    name: toBytes(name),
    kind: toWireKind(stat.kind),
    sizeBytes: BigInt(stat.size),
    mode: stat.mode,
    uid: stat.uid,
    gid: stat.gid,
    modified: { seconds: BigInt(stat.mtimeSeconds), nanos: stat.mtimeNanoseconds },
    linkCount: BigInt(stat.nlink),
  });
}
