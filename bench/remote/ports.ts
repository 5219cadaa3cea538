/**
 * Ports for the servers.
 *
 * @module
 */

/** Where the servers listen. */
export const SERVER_ADDRESS = "127.0.0.1";
/** Where the same ports lead to them through a link with latency. */
export const DELAYED_ADDRESS = "127.0.0.2";

// Below the ports that Linux gives to outgoing connections, which could take one between the look and the server's start.
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
const TRIES = 100;

/** The first of `count` consecutive ports that nobody uses on either address at the moment. */
export function findFreePorts(count: number): number {
  for (let tries = 0; tries < TRIES; tries++) {
    const first = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT - count));
    if (areFree(first, count)) return first;
  }
  throw new Error(`Cannot find ${count} free ports in a row from ${FIRST_PORT} to ${LAST_PORT}`);
}

function areFree(first: number, count: number): boolean {
  using listeners = new DisposableStack();
  try {
    for (let port = first; port < first + count; port++) {
      for (const hostname of [SERVER_ADDRESS, DELAYED_ADDRESS]) listeners.use(Deno.listen({ hostname, port }));
    }
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}
