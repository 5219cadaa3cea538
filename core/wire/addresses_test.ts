import { assertEquals } from "@std/assert";
import { isLinkLocal, isLoopback, withoutZone, zoneOf } from "./addresses.ts";

Deno.test("isLinkLocal() knows fe80::/10, with a zone or without", () => {
  for (const address of ["fe80::1", "FE80::1%eth0", "fe9a::", "febf:1::%12"]) assertEquals(isLinkLocal(address), true);
  for (const address of ["fec0::1", "fe8::1", "::1", "fd00::1%eth0", "169.254.0.1", "fe80.example"]) {
    assertEquals(isLinkLocal(address), false, address);
  }
});

Deno.test("zoneOf() and withoutZone() take an address apart", () => {
  const cases = [["fe80::1%eth0", "fe80::1", "eth0"], ["fe80::1", "fe80::1", undefined], [
    "10.0.0.1",
    "10.0.0.1",
    undefined,
  ]];
  for (const [text, address, zone] of cases) assertEquals([withoutZone(text!), zoneOf(text!)], [address!, zone]);
});

Deno.test("isLoopback() knows the addresses at which every machine reaches itself", () => {
  for (const address of ["127.0.0.1", "127.9.8.7", "::1", "::ffff:127.0.0.1"]) assertEquals(isLoopback(address), true);
  for (const address of ["128.0.0.1", "1270.0.0.1", "::", "::12", "::ffff:10.0.0.1", "10.127.0.1"]) {
    assertEquals(isLoopback(address), false, address);
  }
});
