import { assertEquals } from "@std/assert";
import { isPlausible, PacketGuard } from "./packet_guard.ts";

function packet(bytes: number, ...counts: number[]): Uint8Array {
  const packet = new Uint8Array(bytes);
  const view = new DataView(packet.buffer);
  for (const [i, count] of counts.entries()) view.setUint16(4 + 2 * i, count);
  return packet;
}

Deno.test("isPlausible() refuses what promises more than it can hold", () => {
  assertEquals(isPlausible(packet(9000, 1, 20)), true);
  assertEquals(isPlausible(packet(17, 1)), true);
  assertEquals(isPlausible(packet(16, 1)), false);
  assertEquals(isPlausible(packet(33, 0, 1, 1)), false);
  assertEquals(isPlausible(packet(9000, 0, 65_535)), false);
  assertEquals(isPlausible(packet(9000, 200, 20, 20, 20)), false);
  assertEquals(isPlausible(packet(9001, 1)), false);
  assertEquals([isPlausible(packet(12)), isPlausible(new Uint8Array())], [false, false]);
});

Deno.test("PacketGuard admits a burst, then so many bytes a second", () => {
  const guard = new PacketGuard(0);
  const admitted = (nowMs: number): number => {
    let bytes = 0;
    for (let i = 0; i < 1000; i++) if (guard.admits(packet(1024, 1), nowMs)) bytes += 1024;
    return bytes;
  };
  assertEquals(admitted(0), 256 * 1024);
  assertEquals(admitted(1000), 128 * 1024);
  assertEquals(admitted(1500), 64 * 1024);
  assertEquals(admitted(100_000), 256 * 1024);
});
