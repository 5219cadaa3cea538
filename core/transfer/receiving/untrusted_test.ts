import { assertEquals } from "@std/assert";
import type { Stat } from "../../fs/types.ts";
import { encodeText } from "../../paths/bytes.ts";
import type { WireEntry } from "../../wire/mod.ts";
import { Untrusted } from "./untrusted.ts";

const STAT = { kind: "file", mode: 0o644, uid: 0, gid: 0, size: 1 } as Stat;

function entry(stat: Partial<Stat>, attributes: Record<string, string> = {}): WireEntry {
  const pairs = Object.entries(attributes).map(([name, value]) => [name, new TextEncoder().encode(value)] as const);
  return {
    name: encodeText("x"),
    stat: { ...STAT, ...stat },
    filtered: false,
    walkedOnly: false,
    ...(pairs.length === 0 ? {} : { attributes: new Map(pairs) }),
  };
}

Deno.test("Untrusted leaves an entry without privileges as it is, and has nothing to say", () => {
  const untrusted = new Untrusted(true);
  const plain = entry({ mode: 0o1777 }, { "user.x": "y", "system.posix_acl_access": "z" });
  assertEquals(untrusted.entry(plain), plain);
  assertEquals(untrusted.notices(), []);
});

Deno.test("Untrusted drops device nodes, but neither pipes nor links", () => {
  const untrusted = new Untrusted(true);
  assertEquals(untrusted.entry(entry({ kind: "block-device" })), undefined);
  assertEquals(untrusted.entry(entry({ kind: "character-device" })), undefined);
  assertEquals(untrusted.entry(entry({ kind: "fifo" }))?.stat.kind, "fifo");
  assertEquals(untrusted.entry(entry({ kind: "symlink" }))?.stat.kind, "symlink");
  assertEquals(untrusted.notices(), ["Left out device nodes: the module is not trusted with them"]);
});

Deno.test("Untrusted clears both set-id bits, of files and of directories", () => {
  for (const kind of ["file", "directory"] as const) {
    const untrusted = new Untrusted(true);
    assertEquals(untrusted.entry(entry({ kind, mode: 0o7755 }))?.stat.mode, 0o1755);
    assertEquals(untrusted.stat({ ...STAT, kind, mode: 0o2711 }).mode, 0o711);
    assertEquals(untrusted.notices(), ["Left out set-id bits: the module is not trusted with them"]);
  }
});

Deno.test("Untrusted keeps attributes of users and ACLs, and no others", () => {
  const untrusted = new Untrusted(true);
  const kept = untrusted.entry(entry({}, {
    "user.a": "1",
    "system.posix_acl_default": "2",
    "security.capability": "3",
    "security.selinux": "4",
    "trusted.overlay.opaque": "y",
    "system.nfs4_acl": "5",
    "userx": "6",
  }));
  assertEquals([...kept!.attributes!.keys()], ["user.a", "system.posix_acl_default"]);
  assertEquals("attributes" in untrusted.entry(entry({}, { "trusted.x": "y" }))!, false);
  assertEquals(untrusted.notices(), ["Left out system attributes: the module is not trusted with them"]);
});

Deno.test("Untrusted mentions owners only where they could have been kept", () => {
  for (const keepsOwners of [true, false]) {
    const untrusted = new Untrusted(keepsOwners);
    untrusted.entry(entry({ uid: 1000 }));
    untrusted.entry(entry({ gid: 1000, mode: 0o4755 }));
    const owners = keepsOwners ? "owners, " : "";
    assertEquals(untrusted.notices(), [`Left out ${owners}set-id bits: the module is not trusted with them`]);
  }
});
