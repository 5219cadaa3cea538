import assert from "node:assert/strict";
import { findMount, parseMounts } from "./mounts.ts";

const TEXT = String.raw`24 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
25 24 0:21 / /mnt/with\040space rw,nosuid shared:1 - tmpfs none rw,size=4k
26 24 0:22 / /mnt rw - xfs /dev/vdb rw
27 24 0:23 / /mnt rw - btrfs /dev/vdc rw
`;

Deno.test("parseMounts() reads directory, type, device and options", () => {
  assert.deepEqual(parseMounts(TEXT)[1], {
    directory: "/mnt/with space",
    type: "tmpfs",
    device: "none",
    options: "rw,nosuid,size=4k",
  });
});

Deno.test("findMount() finds the innermost and latest mount", () => {
  const mounts = parseMounts(TEXT);
  assert.equal(findMount(mounts, "/srv")?.type, "ext4");
  assert.equal(findMount(mounts, "/mnt/with space/a")?.type, "tmpfs");
  assert.equal(findMount(mounts, "/mnt/a")?.type, "btrfs");
  assert.equal(findMount(mounts, "/mnt")?.type, "btrfs");
  assert.equal(findMount(mounts, "/mntx")?.type, "ext4");
});
