import { assertEquals } from "@std/assert";
import { identityOf, isDaemonName, isSameName, labelOf, nameOfMachine } from "./names.ts";

Deno.test("identityOf() numbers the names of later attempts", () => {
  assertEquals(identityOf("nas", 1), { label: "nas", instance: "nas._blit._tcp.local", host: "nas-blit.local" });
  const second = { label: "nas (2)", instance: "nas (2)._blit._tcp.local", host: "nas-2-blit.local" };
  assertEquals(identityOf("nas", 2), second);
});

Deno.test("identityOf() makes a host name of every name", () => {
  assertEquals(identityOf("Ann's NAS", 3).host, "ann-s-nas-3-blit.local");
  assertEquals(identityOf("日本", 1).host, "daemon-blit.local");
  const longest = identityOf("x".repeat(48), 100);
  assertEquals([longest.label.length <= 63, longest.host.split(".")[0].length <= 63], [true, true]);
});

Deno.test("isDaemonName() takes what fits into a label with a number behind it", () => {
  for (const name of ["nas", "Ann's NAS", "日本", "é".repeat(24), "a (2)"]) {
    assertEquals(isDaemonName(name), true, name);
  }
  for (const name of ["", " nas", "nas ", "a.b", "a\nb", "a\x1bb", "\u202ea", "é".repeat(25), "x".repeat(49)]) {
    assertEquals(isDaemonName(name), false, JSON.stringify(name));
  }
});

Deno.test("nameOfMachine() is the name without the domain, or a name that can be had", () => {
  assertEquals(["nas", "nas.lan.example", "", "x".repeat(60)].map(nameOfMachine), ["nas", "nas", "blit", "blit"]);
});

Deno.test("labelOf() is the name of a daemon, and of nothing else", () => {
  assertEquals(labelOf("a.b._BLIT._tcp.local"), "a.b");
  for (const name of ["_blit._tcp.local", "._blit._tcp.local", "nas._http._tcp.local", "nas_blit._tcp.local", ""]) {
    assertEquals(labelOf(name), undefined, name);
  }
});

Deno.test("isSameName() does not tell the case of ASCII letters", () => {
  assertEquals([isSameName("NAS.local", "nas.LOCAL"), isSameName("É", "é"), isSameName("a", "ab")], [
    true,
    false,
    false,
  ]);
});
