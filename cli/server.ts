/**
 * The server that a command line names.
 *
 * @module
 */

import { parseServer } from "../core/endpoint.ts";
import type { ControlClient } from "../core/wire/control/client.ts";

/** Connects to it; its code is loaded now. */
export async function connectTo(text: string): Promise<ControlClient> {
  const server = parseServer(text);
  const { connectControl } = await import("../core/wire/control/client.ts");
  return await connectControl(server);
}
