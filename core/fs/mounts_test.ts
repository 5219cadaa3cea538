import { assertEquals } from "@std/assert";
import { parseMounts } from "./mounts.ts";

Deno.test("parseMounts() reads mount points and types", () => {
  const text = `22 28 0:20 / /proc rw,nosuid shared:12 - proc proc rw
36 35 98:0 /mnt1 /mnt/with\\040space rw,noatime master:1 - fuse.sshfs host:/x rw
40 35 0:50 / /mnt/nfs rw - nfs4 host:/y rw
`;
  assertEquals(parseMounts(text), [
    { point: "/proc", type: "proc" },
    { point: "/mnt/with space", type: "fuse.sshfs" },
    { point: "/mnt/nfs", type: "nfs4" },
  ]);
  assertEquals(parseMounts("nonsense\n\n"), []);
});
