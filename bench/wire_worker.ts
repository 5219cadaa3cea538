/**
 * One end of a connection, for `wire.ts`: sends or receives content as fast as it can, in a lane or without anything around it.
 *
 * @module
 */

/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />

import { dial, Lane, listen, TcpCarrier } from "../core/wire/mod.ts";

/** What a worker is told. Without frames the bytes are sent as they are: what the machine can do at best. */
export type WireJob =
  & { readonly framed: boolean; readonly totalBytes: number; readonly recordBytes: number }
  & (
    | { readonly kind: "receive" }
    | { readonly kind: "send"; readonly port: number }
  );

/** What a worker answers. */
export type WireReply =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "received"; readonly bytes: number; readonly seconds: number };

self.onmessage = ({ data }: MessageEvent<WireJob>) => data.kind === "receive" ? receive(data) : send(data);

async function receive({ framed, recordBytes }: WireJob): Promise<void> {
  using listener = listen();
  reply({ kind: "listening", port: listener.address.port });
  const { value: connection } = await listener.connections().next();
  const carrier = new TcpCarrier(connection!);
  const started = performance.now();
  const bytes = framed ? await receiveRecords(carrier) : await receiveBytes(carrier, recordBytes);
  reply({ kind: "received", bytes, seconds: (performance.now() - started) / 1000 });
}

async function receiveRecords(carrier: TcpCarrier): Promise<number> {
  using lane = new Lane(carrier, { role: "sink" });
  let bytes = 0;
  for (let record = await lane.read(); record !== undefined; record = await lane.read()) {
    if (record.kind === "file-data") bytes += record.content.length;
  }
  await lane.end();
  return bytes;
}

async function receiveBytes(carrier: TcpCarrier, bufferBytes: number): Promise<number> {
  const buffer = new Uint8Array(bufferBytes);
  let bytes = 0;
  for (let count = await carrier.read(buffer); count !== null; count = await carrier.read(buffer)) bytes += count;
  carrier.close();
  return bytes;
}

async function send(job: Extract<WireJob, { kind: "send" }>): Promise<void> {
  const carrier = new TcpCarrier(await dial({ host: "127.0.0.1", port: job.port }));
  if (job.framed) await sendRecords(carrier, job);
  else await sendBytes(carrier, job);
}

/** Two buffers by turns, as somebody who reads a file would: one is filled while the other leaves. */
async function sendRecords(carrier: TcpCarrier, { totalBytes, recordBytes }: WireJob): Promise<void> {
  using lane = new Lane(carrier, { role: "source" });
  const buffers = [new Uint8Array(recordBytes).fill(1), new Uint8Array(recordBytes).fill(2)];
  const leaving = [Promise.resolve(), Promise.resolve()];
  for (let offset = 0; offset < totalBytes; offset += recordBytes) {
    const turn = (offset / recordBytes) % 2;
    await leaving[turn];
    leaving[turn] = lane.write({ kind: "file-data", request: 1, offset, content: buffers[turn] });
  }
  await Promise.all(leaving);
  await lane.end();
  await lane.read();
}

async function sendBytes(carrier: TcpCarrier, { totalBytes, recordBytes }: WireJob): Promise<void> {
  const buffer = new Uint8Array(recordBytes).fill(1);
  for (let left = totalBytes; left > 0;) {
    left -= await carrier.write(left < recordBytes ? buffer.subarray(0, left) : buffer);
  }
  carrier.close();
}

function reply(message: WireReply): void {
  self.postMessage(message);
}
