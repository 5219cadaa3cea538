/**
 * Orders on their way to a session worker.
 *
 * @module
 */

import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { DelegateOpenSchema, TransferOpenSchema } from "../../proto/blit/v2/blit_pb.ts";
import type { PlainOrder } from "./messages.ts";
import type { SessionOrder } from "./session.ts";

/** What can be sent. */
export function toPlainOrder(order: SessionOrder): PlainOrder {
  return order.role === "pull"
    ? { ...order, open: toBinary(DelegateOpenSchema, order.open) }
    : { ...order, open: toBinary(TransferOpenSchema, order.open) };
}

/** The order again. */
export function fromPlainOrder(order: PlainOrder): SessionOrder {
  return order.role === "pull"
    ? { ...order, open: fromBinary(DelegateOpenSchema, order.open) }
    : { ...order, open: fromBinary(TransferOpenSchema, order.open) };
}
