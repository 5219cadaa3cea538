/**
 * Blit's errors on the control plane: a status of gRPC with an `ErrorDetail`, and back.
 *
 * @module
 */

import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorCode as WireCode, ErrorDetailSchema } from "../../../proto/blit/v2/blit_pb.ts";
import { BlitError, type ErrorCode } from "../../errors.ts";

/** One line a code: its number on the wire, and the status for programs that know nothing of Blit. */
const CODES: Readonly<Record<ErrorCode, readonly [WireCode, Code]>> = {
  "usage": [WireCode.USAGE, Code.InvalidArgument],
  "refused": [WireCode.REFUSED, Code.FailedPrecondition],
  "not-found": [WireCode.NOT_FOUND, Code.NotFound],
  "exists": [WireCode.EXISTS, Code.AlreadyExists],
  "is-directory": [WireCode.IS_DIRECTORY, Code.FailedPrecondition],
  "not-directory": [WireCode.NOT_DIRECTORY, Code.FailedPrecondition],
  "permission-denied": [WireCode.PERMISSION_DENIED, Code.PermissionDenied],
  "read-only": [WireCode.READ_ONLY, Code.PermissionDenied],
  "no-space": [WireCode.NO_SPACE, Code.ResourceExhausted],
  "quota": [WireCode.QUOTA, Code.ResourceExhausted],
  "too-large": [WireCode.TOO_LARGE, Code.OutOfRange],
  "name-too-long": [WireCode.NAME_TOO_LONG, Code.InvalidArgument],
  "invalid-name": [WireCode.INVALID_NAME, Code.InvalidArgument],
  "name-collision": [WireCode.NAME_COLLISION, Code.AlreadyExists],
  "not-empty": [WireCode.NOT_EMPTY, Code.FailedPrecondition],
  "busy": [WireCode.BUSY, Code.FailedPrecondition],
  "loop": [WireCode.LOOP, Code.FailedPrecondition],
  "changed": [WireCode.CHANGED, Code.Aborted],
  "cross-device": [WireCode.CROSS_DEVICE, Code.FailedPrecondition],
  "unsupported": [WireCode.UNSUPPORTED, Code.Unimplemented],
  "metadata": [WireCode.METADATA, Code.Unknown],
  "io": [WireCode.IO, Code.Unknown],
  "interrupted": [WireCode.INTERRUPTED, Code.Canceled],
  "stalled": [WireCode.STALLED, Code.DeadlineExceeded],
  "unreachable": [WireCode.UNREACHABLE, Code.Unavailable],
  "protocol": [WireCode.PROTOCOL, Code.InvalidArgument],
  "internal": [WireCode.INTERNAL, Code.Internal],
};

const BY_WIRE_CODE = new Map(Object.entries(CODES).map(([code, [wire]]) => [wire, code as ErrorCode]));

/** What a status without a detail means: it comes from the transport, a proxy or a program that is not Blit. */
const BY_STATUS: Readonly<Partial<Record<Code, ErrorCode>>> = {
  [Code.Canceled]: "interrupted",
  [Code.DeadlineExceeded]: "unreachable",
  [Code.Unavailable]: "unreachable",
  [Code.Aborted]: "unreachable",
  [Code.PermissionDenied]: "permission-denied",
  [Code.Unauthenticated]: "permission-denied",
  [Code.Unimplemented]: "unsupported",
  [Code.NotFound]: "not-found",
};

/** The number of a code on the wire, for messages that carry one. */
export function toWireCode(code: ErrorCode): WireCode {
  return CODES[code][0];
}

/** The code of a number from the wire; a number of a newer program is "internal". */
export function fromWireCode(code: WireCode): ErrorCode {
  return BY_WIRE_CODE.get(code) ?? "internal";
}

/** What a server sends for this error. */
export function toConnectError(error: BlitError): ConnectError {
  const [code, status] = CODES[error.code];
  const value = { code, path: error.path ?? "", hint: error.hint ?? "" };
  return new ConnectError(error.message, status, undefined, [{ desc: ErrorDetailSchema, value }], error);
}

/**
 * What a client makes of a failed call. A server's own reason is taken as it is; everything else is about the connection.
 *
 * @param server as people should read it, such as `nas:9031`
 */
export function fromConnectError(thrown: unknown, server: string): BlitError {
  if (thrown instanceof BlitError) return thrown;
  const error = ConnectError.from(thrown);
  const [detail] = error.findDetails(ErrorDetailSchema);
  if (detail === undefined) return transportError(error, server);
  return new BlitError(fromWireCode(detail.code), error.rawMessage, {
    ...(detail.path === "" ? {} : { path: detail.path }),
    ...(detail.hint === "" ? {} : { hint: detail.hint }),
    cause: error,
  });
}

function transportError(error: ConnectError, server: string): BlitError {
  const code = BY_STATUS[error.code] ?? "protocol";
  const reasons: Partial<Record<ErrorCode, string>> = {
    "interrupted": "interrupted",
    "unsupported": "this daemon does not know the call",
    "unreachable": error.code === Code.DeadlineExceeded ? "no answer in time" : "the connection was lost",
  };
  const reason = reasons[code] ?? error.rawMessage;
  const action = code === "unreachable" ? "reach" : "ask";
  return new BlitError(code, `Cannot ${action} "${server}": ${reason}`, { cause: error });
}
