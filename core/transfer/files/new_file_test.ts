import { assertEquals } from "@std/assert";
import { fileSystems, isUnix } from "../../fs/_testing.ts";
import type { Attributes, Directory, Stat } from "../../fs/types.ts";
import { encodeText } from "../../paths/bytes.ts";
import type { DirectoryPair } from "../directories/pair.ts";
import type { Entry } from "../entries/entry.ts";
import type { Engine } from "../threads/engine.ts";
import { KEPT_BYTES } from "./kept_file.ts";
import { NewFile } from "./new_file.ts";
import { TemporaryNames } from "./temporary.ts";

const NAME = encodeText("a");
const WAYS = ["create", "createAside", "resume"] as const;

function pairIn(directory: Directory, index: number, isRemote: boolean): DirectoryPair {
  const engine = {
    job: { rules: {}, startedSeconds: 0 },
    fileSystem: fileSystems[index],
    temporaryNames: new TemporaryNames(),
    ...(isRemote ? { remote: {} } : {}),
  } as unknown as Engine;
  return { engine, ensureDestination: () => directory } as unknown as DirectoryPair;
}

/** The modes that a file has while it is being written, in every way in which it can be. */
function modesOf(index: number, mode: number, attributes: Attributes | undefined): number[] {
  const path = Deno.makeTempDirSync({ prefix: "blit-test-" });
  try {
    using directory = fileSystems[index].openRoot(path);
    return WAYS.flatMap((way) =>
      [false, true].flatMap((isRemote) =>
        [1, KEPT_BYTES].map((size) => {
          const source = { kind: "file", size, nlink: 1, mode, allocatedBytes: size } as Stat;
          const entry: Entry = { name: NAME, source, destination: undefined, destinationName: NAME };
          const file = NewFile[way](pairIn(directory, index, isRemote), entry, attributes);
          const { mode: created } = file.sink.stat();
          file.abandon();
          return created;
        })
      )
    );
  } finally {
    Deno.removeSync(path, { recursive: true });
  }
}

for (const [index, { name }] of fileSystems.entries()) {
  const test = (title: string, fn: () => void): void => Deno.test({ name: `${name}: ${title}`, ignore: !isUnix, fn });

  test("a file that is to have an ACL is closed to others while it is written", () => {
    const acl = new Map([["system.posix_acl_access", new Uint8Array()]]);
    for (const mode of [0o640, 0o666, 0o444]) {
      assertEquals(new Set(modesOf(index, mode, acl)), new Set([0o600]), `for mode ${mode.toString(8)}`);
    }
  });

  test("a file without attributes has its mode from the beginning, and none beyond it", () => {
    const own = 0o640;
    assertEquals(modesOf(index, own, undefined).filter((mode) => mode !== own && mode !== 0o600), []);
    assertEquals(modesOf(index, own, undefined)[0], own);
  });
}
