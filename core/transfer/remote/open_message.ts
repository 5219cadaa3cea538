/**
 * The first message of a transfer.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { type Role, type TransferOpen, TransferOpenSchema } from "../../../proto/blit/v2/blit_pb.ts";
import type { RemoteEndpoint } from "../../endpoint.ts";
import type { Verb } from "../../events.ts";
import { asByteString, type ByteString, encodeText, toBytes } from "../../paths/bytes.ts";
import { PROTOCOL_NUMBER } from "../../wire/control/protocol.ts";
import type { MirrorOptions } from "../options.ts";
import { toWireOptions, toWireVerb } from "./option_messages.ts";

/** What of it differs between the two directions. */
export interface OpenMessageOptions {
  readonly verb: Verb;
  readonly role: Role;
  readonly options: MirrorOptions;
  /** For a push. */
  readonly source?: {
    readonly name: ByteString;
    /** As typed, for messages. */
    readonly label: string;
    readonly isDirectory: boolean;
    readonly contentsOnly: boolean;
  };
}

/** The components of a path behind a module. */
export function componentsOf({ path }: RemoteEndpoint): ByteString[] {
  return path === "" ? [] : path.split("/").map(encodeText);
}

/** Builds it. */
export function openMessage(
  endpoint: RemoteEndpoint,
  { verb, role, options, source }: OpenMessageOptions,
): TransferOpen {
  return create(TransferOpenSchema, {
    protocolNumber: PROTOCOL_NUMBER,
    verb: toWireVerb(verb),
    role,
    location: { module: endpoint.module ?? "", path: componentsOf(endpoint).map(toBytes) },
    trailingSlash: endpoint.trailingSlash,
    options: toWireOptions(options),
    lanes: 1,
    sourceName: toBytes(source === undefined || source.contentsOnly ? asByteString("") : source.name),
    sourceIsDirectory: source?.isDirectory ?? false,
    sourceLabel: source?.label.toWellFormed() ?? "",
  });
}

/** How people write this endpoint. */
export function labelOf({ host, port, module, path }: RemoteEndpoint): string {
  const name = host.includes(":") ? `[${host}]` : host;
  const server = port === 9031 ? name : `${name}:${port}:`.slice(0, -1);
  return module === undefined ? `${server}://${path}` : `${server}:/${module}${path === "" ? "" : `/${path}`}`;
}
