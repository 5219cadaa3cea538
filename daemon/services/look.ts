/**
 * The calls that look at entries: `List` and `Stat`. The looking itself is done by other threads.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { BlitError } from "../../core/errors.ts";
import { toWireIdentities } from "../../core/wire/control/identities.ts";
import {
  type ListRequest,
  type ListResponse,
  ListResponseSchema,
  type StatRequest,
  type StatResponse,
  StatResponseSchema,
} from "../../proto/blit/v2/blit_pb.ts";
import { Litter } from "../walks/litter.ts";
import { toEntry } from "./entries.ts";
import { toFailure, type WalksContext } from "./walks.ts";

/** What an entry takes on its way to the socket beside its name, in bytes: in a message, an envelope, and buffers of HTTP/2. */
const ENTRY_LITTER_BYTES = 400;

/** Answers `List`. */
export async function* list(
  { exports, walks }: WalksContext,
  { location }: ListRequest,
  { signal }: HandlerContext,
): AsyncGenerator<ListResponse> {
  const place = exports.locate(location);
  const litter = new Litter();
  for await (const { entries, failures } of walks.run<"list">({ kind: "list", place }, signal)) {
    yield create(ListResponseSchema, { entries: entries.map(toEntry), failures: failures.map(toFailure) });
    litter.add(ENTRY_LITTER_BYTES * entries.length);
  }
}

/** Answers `Stat`. */
export async function stat(
  { exports, walks }: WalksContext,
  { location, withIdentities }: StatRequest,
  { signal }: HandlerContext,
): Promise<StatResponse> {
  const place = exports.locate(location);
  for await (const entry of walks.run<"look">({ kind: "look", place, withIdentities }, signal)) {
    return create(StatResponseSchema, { entry: toEntry(entry), identities: toWireIdentities(entry.identities) });
  }
  throw new BlitError("internal", `Cannot inspect "${place.shown}": there was no answer`);
}
