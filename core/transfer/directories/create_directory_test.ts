import { assertEquals } from "@std/assert";
import { fileSystems, isUnix } from "../../fs/_testing.ts";
import type { Stat } from "../../fs/types.ts";
import { encodeText } from "../../paths/bytes.ts";
import { TemporaryNames } from "../files/temporary.ts";
import type { Engine } from "../threads/engine.ts";
import { createDirectory } from "./create_directory.ts";
import type { DirectoryPair } from "./pair.ts";

const NAME = encodeText("a");

for (const fileSystem of fileSystems) {
  for (const replaces of [false, true]) {
    const what = replaces ? "a directory in the place of a file" : "a new directory";
    const name = `${fileSystem.name}: ${what} is closed to others until it has its metadata`;
    Deno.test({ name, ignore: !isUnix }, () => {
      const path = Deno.makeTempDirSync({ prefix: "blit-test-" });
      try {
        if (replaces) Deno.writeTextFileSync(`${path}/a`, "in the way");
        using directory = fileSystem.openRoot(path);
        const pushed: unknown[] = [];
        const engine = {
          job: { mode: "write", rules: {} },
          outbox: { counters: { directoriesCreated: 0 }, entry() {} },
          temporaryNames: new TemporaryNames(),
          remote: { expectDirectory: (...task: unknown[]) => pushed.push(task) },
        } as unknown as Engine;
        const pair = { engine, pathOf: () => NAME, ensureDestination: () => directory } as unknown as DirectoryPair;
        const source = { kind: "directory", mode: 0o777 } as Stat;
        createDirectory(
          pair,
          { name: NAME, destinationName: NAME, source, destination: directory.statEntry(NAME) },
          false,
        );
        assertEquals(directory.statEntry(NAME)?.mode, 0o700);
        assertEquals(pushed, [[NAME, "fresh"]]);
      } finally {
        Deno.removeSync(path, { recursive: true });
      }
    });
  }
}
