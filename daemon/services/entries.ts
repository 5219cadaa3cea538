/**
 * What a file system knows of an entry -> what the control plane tells of it.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { toBytes } from "../../core/paths/bytes.ts";
import { toWireKind } from "../../core/wire/control/entry_kinds.ts";
import { type Entry, EntrySchema } from "../../proto/blit/v2/blit_pb.ts";
import type { ListedEntry } from "../walks/orders.ts";

/** The message for an entry. */
export function toEntry({ name, stat, target }: ListedEntry): Entry {
  return create(EntrySchema, {
    name: toBytes(name),
    kind: toWireKind(stat.kind),
    sizeBytes: BigInt(stat.size),
    mode: stat.mode,
    uid: stat.uid,
    gid: stat.gid,
    modified: { seconds: BigInt(stat.mtimeSeconds), nanos: stat.mtimeNanoseconds },
    linkCount: BigInt(stat.nlink),
    ...(target === undefined ? {} : { symlinkTarget: toBytes(target) }),
  });
}
