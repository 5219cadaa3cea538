/**
 * The interfaces of this machine, as they are now.
 *
 * @module
 */

import { BlitError } from "../errors.ts";
import type { InterfaceAddress } from "./interfaces.ts";

/**
 * Asks the system.
 *
 * @param purpose for which they are needed, as part of the message
 * @throws {BlitError} "permission-denied"
 */
export function readInterfaces(purpose: string): InterfaceAddress[] {
  try {
    return Deno.networkInterfaces();
  } catch (cause) {
    const denied = cause instanceof Deno.errors.NotCapable;
    const reason = denied ? "Deno may not look at the network interfaces" : String(cause);
    throw new BlitError(denied ? "permission-denied" : "io", `Cannot ${purpose}: ${reason}`, {
      cause,
      ...(denied && { hint: "Grant it with --allow-sys=networkInterfaces" }),
    });
  }
}
