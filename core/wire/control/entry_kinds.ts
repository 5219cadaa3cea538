/**
 * Kinds of entries as numbers of the control plane, and back.
 *
 * @module
 */

import { EntryKind as WireKind } from "../../../proto/blit/v2/blit_pb.ts";
import type { EntryKind } from "../../fs/types.ts";

/** One line a kind. */
const KINDS: Readonly<Record<EntryKind, WireKind>> = {
  "file": WireKind.FILE,
  "directory": WireKind.DIRECTORY,
  "symlink": WireKind.SYMLINK,
  "fifo": WireKind.FIFO,
  "socket": WireKind.SOCKET,
  "block-device": WireKind.BLOCK_DEVICE,
  "character-device": WireKind.CHARACTER_DEVICE,
  "unknown": WireKind.UNSPECIFIED,
};

const BY_WIRE_KIND = new Map(Object.entries(KINDS).map(([kind, wire]) => [wire, kind as EntryKind]));

/** The number of a kind on the wire. */
export function toWireKind(kind: EntryKind): WireKind {
  return KINDS[kind];
}

/** The kind of a number from the wire; a number of a newer program is "unknown". */
export function fromWireKind(kind: WireKind): EntryKind {
  return BY_WIRE_KIND.get(kind) ?? "unknown";
}
