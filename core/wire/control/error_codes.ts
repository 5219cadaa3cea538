/**
 * Blit's error codes as numbers of the control plane. Session threads need no more than this: the rest of the control plane
 * stays out of their memory.
 *
 * @module
 */

import { ErrorCode as WireCode } from "../../../proto/blit/v2/blit_pb.ts";
import type { ErrorCode } from "../../errors.ts";

/** One line a code. */
const CODES: Readonly<Record<ErrorCode, WireCode>> = {
  "usage": WireCode.USAGE,
  "refused": WireCode.REFUSED,
  "not-found": WireCode.NOT_FOUND,
  "exists": WireCode.EXISTS,
  "is-directory": WireCode.IS_DIRECTORY,
  "not-directory": WireCode.NOT_DIRECTORY,
  "permission-denied": WireCode.PERMISSION_DENIED,
  "read-only": WireCode.READ_ONLY,
  "no-space": WireCode.NO_SPACE,
  "quota": WireCode.QUOTA,
  "too-large": WireCode.TOO_LARGE,
  "name-too-long": WireCode.NAME_TOO_LONG,
  "invalid-name": WireCode.INVALID_NAME,
  "name-collision": WireCode.NAME_COLLISION,
  "not-empty": WireCode.NOT_EMPTY,
  "busy": WireCode.BUSY,
  "loop": WireCode.LOOP,
  "changed": WireCode.CHANGED,
  "cross-device": WireCode.CROSS_DEVICE,
  "unsupported": WireCode.UNSUPPORTED,
  "metadata": WireCode.METADATA,
  "io": WireCode.IO,
  "interrupted": WireCode.INTERRUPTED,
  "stalled": WireCode.STALLED,
  "unreachable": WireCode.UNREACHABLE,
  "protocol": WireCode.PROTOCOL,
  "internal": WireCode.INTERNAL,
};

const BY_WIRE_CODE = new Map(Object.entries(CODES).map(([code, wire]) => [wire, code as ErrorCode]));

/** The number of a code on the wire, for messages that carry one. */
export function toWireCode(code: ErrorCode): WireCode {
  return CODES[code];
}

/** The code of a number from the wire; a number of a newer program is "internal". */
export function fromWireCode(code: WireCode): ErrorCode {
  return BY_WIRE_CODE.get(code) ?? "internal";
}
