import { assertEquals } from "@std/assert";
import { type Connection, TcpCarrier } from "./tcp_carrier.ts";

Deno.test("TcpCarrier tells whether the peer is on this machine", () => {
  const cases: [local: string, remote: string, isHere: boolean][] = [
    ["127.0.0.1", "127.0.0.1", true],
    ["127.0.0.1", "127.0.0.2", true],
    ["::1", "::1", true],
    ["192.0.2.7", "192.0.2.7", true],
    ["192.0.2.7", "192.0.2.8", false],
    ["2001:db8::7", "2001:db8::8", false],
  ];
  for (const [local, remote, isHere] of cases) {
    const addressOf = (hostname: string) => ({ transport: "tcp", hostname, port: 9031 }) as const;
    const connection = { localAddr: addressOf(local), remoteAddr: addressOf(remote) } as Connection;
    assertEquals(new TcpCarrier(connection).isHere, isHere, `${local} to ${remote}`);
  }
});
