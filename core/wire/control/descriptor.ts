/**
 * The number of a connection, for a thread that the connection was not accepted in.
 *
 * @module
 */

import type { Socket } from "node:net";

/** What Deno's sockets have for handing them to another process. No promise of Deno's: where it is missing, there is no number. */
interface Handle {
  /** A second number for the same connection. */
  fdForIpc?(): unknown;
}

/**
 * A second number for the connection of a socket, which stays open when the socket is destroyed. Whoever gets it closes it, which
 * takes FFI.
 *
 * @returns `undefined` where that cannot be had, or would be of no use
 */
export function duplicateDescriptor(socket: Socket): number | undefined {
  if (Deno.build.os !== "linux" || Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return undefined;
  const { _handle: handle } = socket as unknown as { _handle?: Handle | null };
  const descriptor = handle?.fdForIpc?.();
  return typeof descriptor === "number" && descriptor >= 0 ? descriptor : undefined;
}
