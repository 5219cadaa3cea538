/**
 * An address with a port to listen on.
 *
 * @module
 */

import { isIP } from "node:net";
import type { TableReader } from "./table_reader.ts";

/** Where something listens. */
export interface ListenAddress {
  /** An address, IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
}

/** How one is written, for messages. */
const FORMS = 'an address with a port, such as "127.0.0.1:9032" or "[::1]:9032"';

/**
 * Reads an address with a port.
 *
 * @throws {BlitError} "usage" with file, line, key and what is allowed
 */
export function readListenAddress<Key extends string>(table: TableReader<Key>, key: Key): ListenAddress | undefined {
  const text = table.text(key);
  if (text === undefined) return undefined;
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const [hostname, family] = bracketed === undefined ? [plain ?? "", 4] : [bracketed, 6];
  const port = Number(digits);
  if (isIP(hostname) !== family || port < 1 || port > 65_535) throw table.wrong(key, FORMS);
  return { hostname, port };
}
