/**
 * Blit's errors on the control plane: a status of gRPC with an `ErrorDetail`, and back.
 *
 * @module
 */

import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorDetailSchema } from "../../../proto/blit/v2/blit_pb.ts";
import { BlitError, type ErrorCode } from "../../errors.ts";
import { fromWireCode, toWireCode } from "./error_codes.ts";

/** The status for programs that know nothing of Blit. */
const STATUSES: Readonly<Record<ErrorCode, Code>> = {
  "usage": Code.InvalidArgument,
  "refused": Code.FailedPrecondition,
  "not-found": Code.NotFound,
  "exists": Code.AlreadyExists,
  "is-directory": Code.FailedPrecondition,
  "not-directory": Code.FailedPrecondition,
  "permission-denied": Code.PermissionDenied,
  "read-only": Code.PermissionDenied,
  "no-space": Code.ResourceExhausted,
  "quota": Code.ResourceExhausted,
  "too-large": Code.OutOfRange,
  "name-too-long": Code.InvalidArgument,
  "invalid-name": Code.InvalidArgument,
  "name-collision": Code.AlreadyExists,
  "not-empty": Code.FailedPrecondition,
  "busy": Code.FailedPrecondition,
  "loop": Code.FailedPrecondition,
  "changed": Code.Aborted,
  "cross-device": Code.FailedPrecondition,
  "unsupported": Code.Unimplemented,
  "metadata": Code.Unknown,
  "io": Code.Unknown,
  "interrupted": Code.Canceled,
  "stalled": Code.DeadlineExceeded,
  "unreachable": Code.Unavailable,
  "protocol": Code.InvalidArgument,
  "internal": Code.Internal,
};

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

/** What a server sends for this error. */
export function toConnectError(error: BlitError): ConnectError {
  const value = { code: toWireCode(error.code), path: error.path ?? "", hint: error.hint ?? "" };
  return new ConnectError(error.message, STATUSES[error.code], undefined, [{ desc: ErrorDetailSchema, value }], error);
}

/** Whether a failed call comes with a reason of the server's own. */
export function hasReason(thrown: unknown): boolean {
  return thrown instanceof BlitError || ConnectError.from(thrown).findDetails(ErrorDetailSchema).length > 0;
}

/**
 * Whether the stream of a call has closed before its end, or a call of the system on its connection has failed: the connection is
 * gone, which the session may tell later than the call.
 */
export function isCutOff(thrown: unknown): boolean {
  const { cause } = ConnectError.from(thrown);
  if (!(cause instanceof Error)) return false;
  return "syscall" in cause || "code" in cause && cause.code === "ERR_STREAM_PREMATURE_CLOSE";
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
