import { assertEquals } from "@std/assert";
import { type InterfaceAddress, isIn, placesFor, placesToAsk } from "./interfaces.ts";

const address = (name: string, address: string, netmask = "255.255.255.0"): InterfaceAddress => ({
  name,
  family: address.includes(":") ? "IPv6" : "IPv4",
  address,
  netmask,
});

const ADDRESSES = [
  address("lo", "127.0.0.1", "255.0.0.0"),
  address("eth0", "192.168.1.5"),
  address("eth0", "192.168.9.5"),
  address("tun0", "10.8.0.2", "255.255.255.255"),
  address("lo", "::1"),
  address("eth0", "fe80::5"),
  address("eth0", "fd00::5"),
  address("wlan0", "fe80::6"),
];

const told = (bind: string) =>
  placesFor(bind, ADDRESSES).map(({ name, address, published }) => [name, address, published]);

Deno.test("placesFor() is every interface but the loopback where a daemon listens everywhere", () => {
  assertEquals(told("::"), [
    ["eth0", "192.168.1.5", ["192.168.1.5", "192.168.9.5", "fd00::5"]],
    ["wlan0", undefined, ["fe80::6"]],
  ]);
  assertEquals(told("0.0.0.0"), [["eth0", "192.168.1.5", ["192.168.1.5", "192.168.9.5"]]]);
});

Deno.test("placesFor() is the one interface that has the address, with this address only", () => {
  assertEquals(told("127.0.0.1"), [["lo", "127.0.0.1", ["127.0.0.1"]]]);
  assertEquals(told("::1"), [["lo", "127.0.0.1", ["::1"]]]);
  assertEquals(told("192.168.9.5"), [["eth0", "192.168.1.5", ["192.168.9.5"]]]);
  assertEquals(told("fe80::6%wlan0"), [["wlan0", undefined, ["fe80::6"]]]);
  assertEquals([told("10.8.0.2"), told("192.168.1.6")], [[], []]);
});

Deno.test("placesToAsk() has the loopback among them", () => {
  assertEquals(placesToAsk(ADDRESSES).map(({ name }) => name), ["lo", "eth0", "wlan0"]);
});

Deno.test("isIn() tells who is on the link", () => {
  const [{ subnets }] = placesFor("::", ADDRESSES);
  const cases = {
    "192.168.1.77": true,
    "192.168.9.1": true,
    "192.168.2.1": false,
    "0.0.0.0": false,
    "x": false,
    "::1": false,
  };
  for (const [text, expected] of Object.entries(cases)) assertEquals(isIn(subnets, text), expected, text);
});
