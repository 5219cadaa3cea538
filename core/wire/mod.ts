/**
 * What two ends of a transfer say to each other, and how it travels. Knows no file system.
 *
 * ```text
 * records.ts        what a source and a sink say                      (codec/: each of them as bytes)
 * frames/           records <-> bytes with lengths and checksums; no input or output
 * lane/             records in both directions over one carrier: queue, keep-alives, last words
 * carrier.ts        what carries a lane: tcp_carrier.ts, or message_carrier.ts in the control stream
 * descriptor_carrier.ts, shared_pipe.ts
 *                   a connection that another thread has accepted: the connection itself, or what comes over it
 * connect.ts        makes and accepts connections; control/ has its own, for calls and for lanes that cannot come here
 * handshake.ts      magic, version, token; tokens.ts issues and redeems them
 * limits.ts         every bound
 * ```
 *
 * `docs/protocol.md` has it byte by byte.
 *
 * @module
 */

export type { Carrier } from "./carrier.ts";
export { dial, type DialOptions, listen, Listener, type ListenOptions } from "./connect.ts";
export { DescriptorCarrier } from "./descriptor_carrier.ts";
export { entryBytes } from "./codec/mod.ts";
export { type Arrival, letIn, refuse } from "./handshake.ts";
export { Lane, type LaneOptions } from "./lane/lane.ts";
export { acceptLanes, type AcceptLanesOptions, openLane, type OpenLaneOptions } from "./lane_server.ts";
export * from "./limits.ts";
export { MessageCarrier, type MessageCarrierOptions } from "./message_carrier.ts";
export * from "./records.ts";
export { bridge, PipeCarrier, SharedPipe } from "./shared_pipe.ts";
export { formatAddress, TcpCarrier } from "./tcp_carrier.ts";
export { type IssueOptions, TOKEN_BYTES, TokenTable } from "./tokens.ts";
