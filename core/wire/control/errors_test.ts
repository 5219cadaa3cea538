import { assertEquals } from "@std/assert";
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorCode as WireCode } from "../../../proto/blit/v2/blit_pb.ts";
import { BlitError, type ErrorCode } from "../../errors.ts";
import { fromWireCode, toWireCode } from "./error_codes.ts";
import { fromConnectError, isCutOff, toConnectError } from "./errors.ts";

/** Every code, from the numbers on the wire: a new one in either list without the other fails here or in the compiler. */
const CODES = Object.values(WireCode)
  .filter((code): code is WireCode => typeof code === "number" && code !== WireCode.UNSPECIFIED)
  .map(fromWireCode);

Deno.test("toConnectError() and fromConnectError() bring every code across with its sentence, path and hint", () => {
  assertEquals(new Set(CODES).size, Object.keys(WireCode).length / 2 - 1);
  for (const code of CODES) {
    const error = new BlitError(code, 'Cannot do "x": because', { path: "x", hint: "Do y" });
    const back = fromConnectError(toConnectError(error), "nas:9031");
    assertEquals([back.code, back.message, back.path, back.hint], [code, error.message, "x", "Do y"]);
    assertEquals(fromWireCode(toWireCode(code)), code);
  }
});

Deno.test("fromConnectError() tells a lost connection from a broken protocol where no detail says it", () => {
  const cases: [Code, ErrorCode][] = [
    [Code.Unavailable, "unreachable"],
    [Code.DeadlineExceeded, "unreachable"],
    [Code.Unimplemented, "unsupported"],
    [Code.Internal, "protocol"],
    [Code.Unknown, "protocol"],
    [Code.Canceled, "interrupted"],
  ];
  for (const [status, code] of cases) {
    assertEquals(fromConnectError(new ConnectError("x", status), "nas:9031").code, code, Code[status]);
  }
});

Deno.test("isCutOff() knows what a lost connection does to a call", () => {
  const cases: [cause: Error, isCutOff: boolean][] = [
    [Object.assign(new Error("write ECANCELED"), { code: "ECANCELED", syscall: "write", errno: -125 }), true],
    [Object.assign(new Error("Premature close"), { code: "ERR_STREAM_PREMATURE_CLOSE" }), true],
    [Object.assign(new Error("Protocol error"), { code: "ERR_HTTP2_STREAM_ERROR" }), false],
    [new Error("missing field"), false],
  ];
  for (const [cause, expected] of cases) {
    const thrown = new ConnectError(cause.message, Code.Internal, undefined, [], cause);
    assertEquals(isCutOff(thrown), expected, cause.message);
  }
});

Deno.test("fromConnectError() takes a code of a newer program for a defect, not for something it is not", () => {
  assertEquals(fromWireCode(4711 as WireCode), "internal");
});
