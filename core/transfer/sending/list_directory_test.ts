import { assertEquals } from "@std/assert";
import { openBelow } from "../../../tests/helpers/usage.ts";
import { chooseFileSystem } from "../../fs/mod.ts";
import { asByteString } from "../../paths/bytes.ts";
import { listDirectory } from "./list_directory.ts";
import { SourceTree } from "./tree.ts";

const isLinux = Deno.build.os === "linux";

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
        assertEquals(openBelow(Deno.pid, root), []);
      } finally {
        Deno.removeSync(root, { recursive: true });
      }
    },
  });
}
