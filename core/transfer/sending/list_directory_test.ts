import { assertEquals } from "@std/assert";
import { chooseFileSystem } from "../../fs/mod.ts";
import { asByteString } from "../../paths/bytes.ts";
import { listDirectory } from "./list_directory.ts";
import { SourceTree } from "./tree.ts";

const isLinux = Deno.build.os === "linux";

/** How often a directory is open in this process. */
function handlesOf(path: string): number {
  return [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => {
    try {
      return Deno.readLinkSync(`/proc/self/fd/${name}`) === path;
    } catch {
      return false; // closed meanwhile
    }
  }).length;
}

for (let records = 1; records <= 3; records++) {
  Deno.test({
    name: `listDirectory() leaves nothing open when it is ended after record ${records}`,
    ignore: !isLinux,
    fn: () => {
      const root = Deno.realPathSync(Deno.makeTempDirSync());
      try {
        Deno.mkdirSync(`${root}/d`);
        Deno.writeTextFileSync(`${root}/d/f`, "");
        const tree = new SourceTree({ fileSystem: chooseFileSystem(), root });
        const listing = listDirectory(tree, { id: 0, path: asByteString("d") }, {
          onEntries: () => {},
          onDirectory: () => {},
          onClose: (handle) => handle.close(),
        });
        for (let i = 0; i < records; i++) listing.next();
        listing.return(undefined);
        tree.close();
        assertEquals(handlesOf(`${root}/d`), 0);
      } finally {
        Deno.removeSync(root, { recursive: true });
      }
    },
  });
}
