import { assertEquals, assertThrows } from "@std/assert";
import { BlitError } from "../../errors.ts";
import { fileSystems, isUnix } from "../../fs/_testing.ts";
import type { FileSystem } from "../../fs/types.ts";
import { displayPath, encodeText } from "../../paths/bytes.ts";
import type { Verb } from "../../events.ts";
import type { RemoteRoot } from "./resolve.ts";
import { createBeneath, resolveBeneath, type RootsInModule } from "./resolve_beneath.ts";

const DIRECTORY: RemoteRoot = { label: "peer:src", name: "src", isDirectory: true, contentsOnly: false };
const CONTENTS: RemoteRoot = { ...DIRECTORY, label: "peer", name: "", contentsOnly: true };
const FILE: RemoteRoot = { ...DIRECTORY, isDirectory: false };

/** A module with a directory, a file and a link to a directory outside. */
function inModule(run: (root: string) => void): void {
  const outer = Deno.makeTempDirSync();
  try {
    Deno.mkdirSync(`${outer}/module/dir/src`, { recursive: true });
    Deno.mkdirSync(`${outer}/outside`);
    Deno.writeTextFileSync(`${outer}/module/file`, "");
    if (isUnix) Deno.symlinkSync("../outside", `${outer}/module/link`);
    run(`${outer}/module`);
    assertEquals([...Deno.readDirSync(`${outer}/outside`)], []);
  } finally {
    Deno.removeSync(outer, { recursive: true });
  }
}

function resolver(root: string, fileSystem: FileSystem) {
  return (source: RemoteRoot, text: string, verb: Verb = "copy"): RootsInModule => {
    const path = text.split("/").filter((name) => name !== "").map(encodeText);
    const place = { root, shownRoot: "/m", path, trailingSlash: text.endsWith("/"), isTrusted: false };
    return resolveBeneath(verb, source, place, fileSystem);
  };
}

for (const fileSystem of fileSystems) {
  const { name } = fileSystem;
  Deno.test(`${name}: resolveBeneath() applies the trailing-slash rule to directories`, () =>
    inModule((root) => {
      const resolve = resolver(root, fileSystem);
      const cases: [RemoteRoot, string, string, boolean][] = [
        [DIRECTORY, "", "src", false],
        [DIRECTORY, "dir", "dir/src", true],
        [DIRECTORY, "new", "new", false],
        [DIRECTORY, "new/", "new/src", false],
        [DIRECTORY, "new/deep", "new/deep", false],
        [CONTENTS, "", "", true],
        [CONTENTS, "dir/", "dir", true],
        [CONTENTS, "new/", "new", false],
      ];
      for (const [source, text, beneath, exists] of cases) {
        const { module, destinationExists, single } = resolve(source, text);
        assertEquals([module.beneath, destinationExists, single], [encodeText(beneath), exists, undefined], text);
      }
    }));

  Deno.test(`${name}: resolveBeneath() puts a single entry into a directory or under its new name`, () =>
    inModule((root) => {
      const resolve = resolver(root, fileSystem);
      const cases: [string, string, string, boolean][] = [
        ["", "", "src", false],
        ["dir", "dir", "src", true],
        ["new/", "new", "src", false],
        ["file", "", "file", true],
        ["dir/x", "dir", "x", false],
        ["a/b/c", "a/b", "c", false],
      ];
      for (const [text, beneath, destination, replaces] of cases) {
        const { module, single } = resolve(FILE, text);
        assertEquals([module.beneath, single?.destination, single?.replaces], [
          encodeText(beneath),
          encodeText(destination),
          replaces,
        ], text);
      }
    }));

  Deno.test(`${name}: resolveBeneath() has messages name a single entry once, as it was typed`, () =>
    inModule((root) => {
      const resolve = resolver(root, fileSystem);
      for (const label of ["src", "./src", "/a/src", "nas://src", "nas:/m/a/src"]) {
        const { shownSource, single } = resolve({ ...FILE, label }, "new");
        assertEquals(displayPath(shownSource, single!.source), label);
      }
    }));

  Deno.test(`${name}: resolveBeneath() finds the copy that verify is about`, () =>
    inModule((root) => {
      const resolve = resolver(root, fileSystem);
      const other = { ...DIRECTORY, name: "other" };
      assertEquals(resolve(DIRECTORY, "dir", "verify").module.beneath, encodeText("dir/src"));
      assertEquals(resolve(other, "dir", "verify").module.beneath, encodeText("dir"));
      assertEquals(resolve(other, "dir", "copy").module.beneath, encodeText("dir/other"));
    }));

  Deno.test(`${name}: resolveBeneath() refuses files and links where a directory has to be`, () =>
    inModule((root) => {
      const resolve = resolver(root, fileSystem);
      const refused: [RemoteRoot, string][] = [[DIRECTORY, "file"], [CONTENTS, "file/below"], [FILE, "file/"]];
      if (isUnix) refused.push([DIRECTORY, "link"], [CONTENTS, "link/"], [FILE, "link/"], [FILE, "link/x"]);
      for (const [source, text] of refused) {
        const error = assertThrows(() => resolve(source, text), BlitError);
        assertEquals(["not-directory", "loop"].includes(error.code), true, `${text}: ${error.code}`);
        assertEquals(error.message.includes(root), false, error.message);
      }
    }));

  Deno.test({
    name: `${name}: resolveBeneath() replaces no link to a directory by a single entry, but others as on one machine`,
    ignore: !isUnix,
    fn: () =>
      inModule((root) => {
        const resolve = resolver(root, fileSystem);
        const links = { in: "dir", on: "in", deep: "dir/../in/src", up: "dir/../../module/dir", absolute: "/" };
        for (const [name, target] of Object.entries(links)) Deno.symlinkSync(target, `${root}/${name}`);
        for (const text of ["link", ...Object.keys(links)]) {
          const error = assertThrows(() => resolve(FILE, text), BlitError);
          assertEquals([error.code, error.message], [
            "not-directory",
            `Cannot copy "peer:src" to "/m/${text}": the destination is a symbolic link`,
          ]);
          assertEquals(resolve(FILE, text, "verify").single?.replaces, true, text);
        }
        const others = { toFile: "dir/../file", dangling: "nothing", below: "file/x", itself: "itself" };
        for (const [name, target] of Object.entries(others)) {
          Deno.symlinkSync(target, `${root}/${name}`);
          assertEquals(resolve(FILE, name).single?.replaces, true, name);
        }
      }),
  });

  Deno.test(`${name}: createBeneath() creates what is missing, once, and nothing through a link`, () =>
    inModule((root) => {
      const module = (beneath: string) => ({ root, shownRoot: "/m", beneath: encodeText(beneath) });
      assertEquals(createBeneath(fileSystem, module("a/b/c"), 0o700), true);
      assertEquals(createBeneath(fileSystem, module("a/b/c"), 0o700), false);
      assertEquals(createBeneath(fileSystem, module(""), 0o700), false);
      if (!isUnix) return;
      assertEquals(Deno.statSync(`${root}/a/b/c`).mode! & 0o777, 0o700);
      assertEquals(Deno.statSync(`${root}/a/b`).mode! & 0o700, 0o700);
      assertThrows(() => createBeneath(fileSystem, module("link/x"), 0o700), BlitError);
    }));
}
