/**
 * A TCP connection as a carrier.
 *
 * @module
 */

import { isLoopback } from "./addresses.ts";
import type { Carrier } from "./carrier.ts";

/** What {@linkcode TcpCarrier} needs of a connection; `Deno.TcpConn` and `Deno.TlsConn` have it. */
export type Connection = Pick<Deno.TcpConn, "read" | "write" | "closeWrite" | "close" | "localAddr" | "remoteAddr">;

/** Carries a lane over a connection, which it closes. */
export class TcpCarrier implements Carrier {
  readonly peer: string;
  readonly isHere: boolean;
  #isClosed = false;

  constructor(readonly connection: Connection) {
    const { localAddr, remoteAddr } = connection;
    this.peer = formatAddress(remoteAddr);
    // Whoever dials an address of its own machine gets the same one for its own end.
    this.isHere = isLoopback(remoteAddr.hostname) || remoteAddr.hostname === localAddr.hostname;
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.connection.read(into);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.connection.write(bytes);
  }

  endWriting(): Promise<void> {
    return this.connection.closeWrite();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.connection.close();
  }
}

/** `192.0.2.7:9031` or `[2001:db8::7]:9031`. */
export function formatAddress({ hostname, port }: { hostname: string; port: number }): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
