import { assert, assertEquals } from "@std/assert";
import { eachFileSystem, isLinux } from "./_testing.ts";
import { isSameVolume, profileOf, volumeOf } from "./volume.ts";

eachFileSystem("volumeOf() tells the same for a path and for what does not exist below it", ({ fs, path }) => {
  const volume = volumeOf(fs, path)!;
  const below = volumeOf(fs, `${path}/not/yet`)!;
  assertEquals([below.type, below.dev, below.device], [volume.type, volume.dev, volume.device]);
  assert(volume.freeBytes > 0 && isSameVolume(volume, below));
}, { when: isLinux });

eachFileSystem("volumeOf() tells memory from what it cannot know", ({ fs }) => {
  assertEquals(profileOf(volumeOf(fs, "/dev/shm")), { type: "tmpfs", device: "memory" });
  assertEquals(profileOf(volumeOf(fs, "/proc")), { type: "proc", device: "unknown" });
  assertEquals(isSameVolume(volumeOf(fs, "/dev/shm"), volumeOf(fs, "/proc")), false);
}, { when: isLinux });

Deno.test("volumes that could not be told are unknown, and not the same", () => {
  assertEquals(profileOf(undefined), { type: "unknown", device: "unknown" });
  assertEquals(isSameVolume(undefined, undefined), false);
});
