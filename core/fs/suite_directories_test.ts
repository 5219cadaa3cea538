import { assert, assertEquals } from "@std/assert";
import type { FileSystem } from "./types.ts";
import {
  below,
  canMount,
  eachFileSystem,
  failureOf,
  get,
  isLinuxRoot,
  isUnix,
  listAll,
  name,
  put,
  shell,
  withTmpfs,
} from "./_testing.ts";

eachFileSystem("openRoot() follows symbolic links and refuses what is not a directory", ({ fs, path }) => {
  Deno.mkdirSync(`${path}/real`);
  Deno.writeTextFileSync(`${path}/real/file`, "content");
  Deno.symlinkSync("real", `${path}/link`);
  using root = fs.openRoot(`${path}/link`);
  assertEquals(get(root, name("file")), "content");
  assertEquals(root.stat().kind, "directory");
  assertEquals(failureOf(() => fs.openRoot(`${path}/real/file`)).code, "not-directory");
  assertEquals(failureOf(() => fs.openRoot(`${path}/missing`)).code, "not-found");
  assertEquals(failureOf(() => fs.openRoot(`${path}/a\0b`)).code, "invalid-name");
}, { when: isUnix, ofUserPaths: true });

eachFileSystem("openRoot() takes a relative path, and what it opened stays the same elsewhere", ({ fs, path }) => {
  Deno.mkdirSync(`${path}/here`);
  Deno.writeTextFileSync(`${path}/here/file`, "content");
  const before = Deno.cwd();
  Deno.chdir(path);
  try {
    using root = fs.openRoot("here");
    Deno.chdir("here");
    assertEquals(get(root, name("file")), "content");
  } finally {
    Deno.chdir(before);
  }
}, { ofUserPaths: true });

eachFileSystem("openDirectory() goes down several steps; the empty path is the directory itself", ({ root }) => {
  root.createDirectory(name("a"), 0o755);
  using a = root.openDirectory(name("a"));
  a.createDirectory(name("b"), 0o755);
  using b = root.openDirectory(below("a", "b"));
  put(b, "file", "content");
  using again = b.openDirectory(name(""));
  assertEquals(get(again, name("file")), "content");
  assertEquals(again.stat().inoLow, b.stat().inoLow);
});

eachFileSystem("openDirectory() refuses a symbolic link at the end and in the middle", ({ root }) => {
  root.createDirectory(name("real"), 0o755);
  using real = root.openDirectory(name("real"));
  real.createDirectory(name("inner"), 0o755);
  root.createSymlink(name("link"), name("real"));
  for (const path of [below("link"), below("link", "inner"), below("real", "..", "link", "inner")]) {
    const error = failureOf(() => root.openDirectory(path));
    assert(["loop", "not-directory", "invalid-name"].includes(error.code), `${path}: ${error.message}`);
  }
});

eachFileSystem("openDirectory() refuses files, and names what is missing", ({ root }) => {
  put(root, "file", "");
  assertEquals(failureOf(() => root.openDirectory(name("file"))).code, "not-directory");
  assertEquals(failureOf(() => root.openDirectory(below("file", "inner"))).code, "not-directory");
  assertEquals(failureOf(() => root.openDirectory(below("missing", "inner"))).code, "not-found");
});

eachFileSystem("createDirectory() refuses a name that is taken", ({ root }) => {
  put(root, "file", "content");
  root.createDirectory(name("directory"), 0o700);
  if (isUnix) assertEquals(root.statEntry(name("directory"))?.mode, 0o700 & ~Deno.umask());
  assertEquals(failureOf(() => root.createDirectory(name("file"), 0o755)).code, "exists");
  assertEquals(failureOf(() => root.createDirectory(name("directory"), 0o755)).code, "exists");
});

eachFileSystem("symbolic links keep their target to the byte, existing or not", ({ root }) => {
  const targets = [
    "target",
    "../up",
    "/absolute/missing",
    "with space\nand newline",
    "back\\slash",
    "ü/😀",
    "t".repeat(4000),
  ];
  for (const [i, target] of targets.entries()) root.createSymlink(name(`link-${i}`), name(target));
  assertEquals(targets.map((_, i) => root.readLink(name(`link-${i}`))), targets.map(name));
  assertEquals(root.statEntry(name("link-0"))?.kind, "symlink");
  assertEquals(root.statEntry(name("link-0"))?.size, "target".length);
  assertEquals(failureOf(() => root.createSymlink(name("link-0"), name("other"))).code, "exists");
}, { when: isUnix });

eachFileSystem("readLink() refuses what is not a link", ({ root }) => {
  put(root, "file", "");
  failureOf(() => root.readLink(name("file")));
  assertEquals(failureOf(() => root.readLink(name("missing"))).code, "not-found");
});

eachFileSystem("a link target that is not UTF-8 is an error, never another target", ({ root, path }) => {
  shell(path, String.raw`ln -s $'\xff' link`);
  const target = shell(path, "readlink link | od -An -tx1").trim();
  assertEquals(target, "ff 0a");
  assertEquals(failureOf(() => root.readLink(name("link"))).code, "invalid-name");
  assertEquals(
    failureOf(() => root.createSymlink(name("new"), "\xff" as ReturnType<typeof name>)).code,
    "invalid-name",
  );
  assertEquals(root.statEntry(name("new")), undefined);
}, { when: (fs) => isUnix && !fs.capabilities.byteNames });

eachFileSystem("createHardLink() gives one file two names, across directories", ({ root }) => {
  put(root, "file", "content");
  root.createDirectory(name("directory"), 0o755);
  using directory = root.openDirectory(name("directory"));
  directory.createHardLink(root, name("file"), name("second"));
  const [a, b] = [root.statEntry(name("file"))!, directory.statEntry(name("second"))!];
  assertEquals([a.dev, a.inoHigh, a.inoLow, a.nlink], [b.dev, b.inoHigh, b.inoLow, 2]);
  put(root, "other", "other");
  assertEquals(failureOf(() => root.createHardLink(directory, name("second"), name("other"))).code, "exists");
  assertEquals(get(root, name("other")), "other");
});

eachFileSystem("createHardLink() links a symbolic link itself", ({ root }) => {
  root.createSymlink(name("link"), name("missing"));
  root.createHardLink(root, name("link"), name("second"));
  assertEquals(root.readLink(name("second")), name("missing"));
  assertEquals(root.statEntry(name("link"))?.nlink, 2);
}, { when: isUnix });

eachFileSystem("rename() replaces a file, and a symbolic link rather than its target", ({ root }) => {
  put(root, "old", "old");
  put(root, "new", "new");
  root.createSymlink(name("link"), name("old"));
  root.rename(name("new"), name("link"));
  assertEquals(root.statEntry(name("link"))?.kind, "file");
  root.rename(name("link"), name("old"));
  assertEquals(get(root, name("old")), "new");
  assertEquals(listAll(root).names, [name("old")]);
  assertEquals(failureOf(() => root.rename(name("missing"), name("old"))).code, "not-found");
});

eachFileSystem("rename() never replaces a directory by a file, nor one that holds something", ({ root }) => {
  put(root, "file", "");
  root.createDirectory(name("full"), 0o755);
  root.createDirectory(name("other"), 0o755);
  using full = root.openDirectory(name("full"));
  put(full, "inner", "inner");
  failureOf(() => root.rename(name("file"), name("full")));
  failureOf(() => root.rename(name("other"), name("full")));
  assertEquals(get(full, name("inner")), "inner");
});

eachFileSystem("moveHere() moves files and directories to free names only", ({ root }) => {
  root.createDirectory(name("directory"), 0o755);
  using directory = root.openDirectory(name("directory"));
  put(root, "file", "content");
  put(directory, "taken", "taken");
  root.createDirectory(name("tree"), 0o755);
  assertEquals(failureOf(() => directory.moveHere(root, name("file"), name("taken"))).code, "exists");
  assertEquals([get(root, name("file")), get(directory, name("taken"))], ["content", "taken"]);
  directory.moveHere(root, name("file"), name("moved"));
  directory.moveHere(root, name("tree"), name("tree"));
  assertEquals(listAll(root).names, [name("directory")]);
  assertEquals(get(directory, name("moved")), "content");
  assertEquals(failureOf(() => directory.moveHere(root, name("missing"), name("free"))).code, "not-found");
});

eachFileSystem("moveHere() between file systems is cross-device and moves nothing", ({ root, path }) => {
  put(root, "file", "content");
  root.createDirectory(name("mount"), 0o755);
  withTmpfs(`${path}/mount`, "size=64k", () => {
    using mount = root.openDirectory(name("mount"));
    assertEquals(failureOf(() => mount.moveHere(root, name("file"), name("file"))).code, "cross-device");
    assertEquals(failureOf(() => mount.createHardLink(root, name("file"), name("file"))).code, "cross-device");
    assertEquals(listAll(mount).names, []);
  });
  assertEquals(get(root, name("file")), "content");
}, { when: canMount });

eachFileSystem("removeFile() removes files, links and FIFOs, and never a directory", ({ root, path }) => {
  put(root, "file", "content");
  root.createDirectory(name("directory"), 0o755);
  root.createSymlink(name("link"), name("directory"));
  shell(path, "mkfifo fifo");
  for (const each of ["file", "link", "fifo"]) root.removeFile(name(each));
  assertEquals(failureOf(() => root.removeFile(name("directory"))).code, "is-directory");
  assertEquals(failureOf(() => root.removeFile(name("missing"))).code, "not-found");
  assertEquals(listAll(root).names, [name("directory")]);
}, { when: isUnix });

eachFileSystem("removeDirectory() removes an empty directory and nothing else", ({ root }) => {
  put(root, "file", "content");
  for (const each of ["empty", "full"]) root.createDirectory(name(each), 0o755);
  root.createSymlink(name("link"), name("empty"));
  using full = root.openDirectory(name("full"));
  put(full, "inner", "inner");
  assertEquals(failureOf(() => root.removeDirectory(name("full"))).code, "not-empty");
  assertEquals(failureOf(() => root.removeDirectory(name("file"))).code, "not-directory");
  assert(["not-directory", "loop"].includes(failureOf(() => root.removeDirectory(name("link"))).code));
  assertEquals(failureOf(() => root.removeDirectory(name("missing"))).code, "not-found");
  assertEquals(get(full, name("inner")), "inner");
  root.removeDirectory(name("empty"));
  assertEquals(listAll(root).names.sort(), ["file", "full", "link"].map(name));
});

const hasSpecialFiles = (fs: FileSystem): boolean => fs.capabilities.specialFiles;

eachFileSystem("createSpecial() creates FIFOs and sockets", ({ root }) => {
  root.createSpecial(name("fifo"), "fifo", 0o600, 0);
  root.createSpecial(name("socket"), "socket", 0o600, 0);
  assertEquals(root.statEntry(name("fifo"))?.kind, "fifo");
  assertEquals(root.statEntry(name("socket"))?.kind, "socket");
  assertEquals(failureOf(() => root.createSpecial(name("fifo"), "fifo", 0o600, 0)).code, "exists");
}, { when: hasSpecialFiles });

eachFileSystem("createSpecial() creates device nodes with their number", ({ root, fs }) => {
  using devices = fs.openRoot("/dev");
  const known = devices.statEntry(name("null"))!;
  root.createSpecial(name("null"), "character-device", 0o666, known.rdev);
  const made = root.statEntry(name("null"))!;
  assertEquals([made.kind, made.rdev], ["character-device", known.rdev]);
}, { when: (fs) => isLinuxRoot && hasSpecialFiles(fs) });

eachFileSystem("createSpecial() says that it is not supported", ({ root }) => {
  const error = failureOf(() => root.createSpecial(name("fifo"), "fifo", 0o600, 0));
  assertEquals(error.code, "unsupported");
  assertEquals(root.statEntry(name("fifo")), undefined);
}, { when: (fs) => !hasSpecialFiles(fs) });
