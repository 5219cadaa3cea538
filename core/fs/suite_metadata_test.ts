import { assert, assertEquals } from "@std/assert";
import type { Directory, FileSystem, Stat, Times } from "./types.ts";
import {
  eachFileSystem,
  failureOf,
  isLinux,
  isLinuxRoot,
  isLinuxUnrestricted,
  isUnix,
  name,
  put,
  run,
  shell,
} from "./_testing.ts";

eachFileSystem("stat tells what stat(1) tells", ({ root, path, fs }) => {
  shell(path, "head -c 100000 /dev/zero > file; mkdir directory; ln -s file link; mkfifo fifo; ln file second");
  shell(path, "chmod 6751 file; chmod 1777 directory; truncate -s 1M sparse");
  for (const entry of ["file", "directory", "link", "fifo", "second", "sparse"]) {
    const stat = root.statEntry(name(entry))!;
    assertEquals(describe(stat, fs), statWithProgram(`${path}/${entry}`, fs), entry);
  }
  assertEquals(describe(root.stat(), fs), statWithProgram(path, fs));
}, { when: isLinux });

function describe(stat: Stat, fs: FileSystem): Record<string, number> {
  const hasSize = stat.kind === "file" || stat.kind === "symlink";
  return {
    size: hasSize ? stat.size : 0,
    mode: stat.mode,
    uid: stat.uid,
    gid: stat.gid,
    mtime: stat.mtimeSeconds,
    fraction: stat.mtimeNanoseconds,
    ctime: stat.ctimeSeconds,
    inode: stat.inoHigh * 2 ** 32 + stat.inoLow,
    links: stat.nlink,
    allocated: stat.allocatedBytes,
    step: fs.capabilities.timeStepNanoseconds,
  };
}

function statWithProgram(path: string, fs: FileSystem): Record<string, number> {
  const fields = run("stat", ["-c", "%s %a %u %g %.9Y %Z %i %h %b %B %F", path]).split(" ");
  const [size, , uid, gid, , ctime, inode, links, blocks, blockBytes] = fields.map(Number);
  const [seconds, nanoseconds] = fields[4].split(".").map(Number);
  const step = fs.capabilities.timeStepNanoseconds;
  return {
    size: /file|link/.test(fields.slice(10).join(" ")) ? size : 0,
    mode: Number.parseInt(fields[1], 8),
    uid,
    gid,
    mtime: seconds,
    fraction: Math.floor(nanoseconds / step) * step,
    ctime,
    inode,
    links,
    allocated: blocks * blockBytes,
    step,
  };
}

eachFileSystem("statEntry() gives nothing for a missing name and does not follow links", ({ root }) => {
  root.createSymlink(name("dangling"), name("missing"));
  assertEquals(root.statEntry(name("missing")), undefined);
  assertEquals(root.statEntry(name("dangling"))?.kind, "symlink");
  assertEquals(root.statEntry(name("dangling"))?.size, "missing".length);
});

eachFileSystem("stat of a device tells its number", ({ fs }) => {
  using devices = fs.openRoot("/dev");
  const stat = devices.statEntry(name("null"))!;
  assertEquals(stat.kind, "character-device");
  assert(stat.rdev > 0);
}, { when: isLinuxUnrestricted });

eachFileSystem("a time stamped by the file system shows that fractions are kept", ({ root }) => {
  const stamps = Array.from({ length: 3 }, (_, i) => {
    put(root, `file-${i}`, "");
    root.setTimes(name(`file-${i}`), { mtimeSeconds: 1_000_000, mtimeNanoseconds: 0 });
    return root.statEntry(name(`file-${i}`))!.stampNanoseconds;
  });
  assert(stamps.some((stamp) => stamp > 0 && stamp < 1e9), String(stamps));
}, { when: isLinux });

const modes = [0o644, 0o000, 0o600, 0o4755, 0o2755, 0o1777, 0o7777];

eachFileSystem("setMode() sets all twelve bits of files and directories", ({ root }) => {
  put(root, "file", "");
  root.createDirectory(name("directory"), 0o755);
  using directory = root.openDirectory(name("directory"));
  const sink = root.createFile(name("open"), 0o600);
  for (const mode of modes) {
    root.setMode(name("file"), mode);
    sink.setMode(mode);
    directory.setMode(undefined, mode);
    assertEquals(root.statEntry(name("file"))?.mode, mode);
    assertEquals(sink.stat().mode, mode);
    assertEquals(root.statEntry(name("open"))?.mode, mode);
    assertEquals(root.statEntry(name("directory"))?.mode, mode);
    root.setMode(name("directory"), 0o755);
    assertEquals(directory.stat().mode, 0o755);
  }
  sink.close();
}, { when: isLinuxRoot });

eachFileSystem("setMode() never follows a symbolic link", ({ root }) => {
  put(root, "file", "");
  root.setMode(name("file"), 0o600);
  root.createSymlink(name("link"), name("file"));
  failureOf(() => root.setMode(name("link"), 0o777));
  assertEquals(root.statEntry(name("file"))?.mode, 0o600);
}, { when: isUnix });

/** Whole seconds, every kind of fraction, before 1970 and after 2038. Not every file system reaches further. */
const moments: Times[] = [
  { mtimeSeconds: 1_700_000_000, mtimeNanoseconds: 0 },
  { mtimeSeconds: 1_700_000_000, mtimeNanoseconds: 1 },
  { mtimeSeconds: 1_537_445_946, mtimeNanoseconds: 185_000_000 },
  { mtimeSeconds: 1_700_000_000, mtimeNanoseconds: 999_999_999 },
  { mtimeSeconds: 0, mtimeNanoseconds: 0 },
  { mtimeSeconds: -1, mtimeNanoseconds: 0 },
  { mtimeSeconds: -315_619_200, mtimeNanoseconds: 0 },
  { mtimeSeconds: 4_102_444_800, mtimeNanoseconds: 123_456_789 },
  { mtimeSeconds: 7_258_118_400, mtimeNanoseconds: 999_000_000 },
];
const beforeEpochWithFraction: Times[] = [
  { mtimeSeconds: -1, mtimeNanoseconds: 999_000_000 },
  { mtimeSeconds: -315_619_200, mtimeNanoseconds: 123_000_000 },
];

function assertTimes(stat: Stat | undefined, wanted: Times, fs: FileSystem, what: string): void {
  const step = fs.capabilities.timeStepNanoseconds;
  const fraction = Math.floor(wanted.mtimeNanoseconds / step) * step;
  assertEquals([stat?.mtimeSeconds, stat?.mtimeNanoseconds], [wanted.mtimeSeconds, fraction], what);
}

eachFileSystem("setTimes() sets files, directories and open files, before 1970 and after 2038", ({ root, fs }) => {
  put(root, "file", "");
  root.createDirectory(name("directory"), 0o755);
  using directory = root.openDirectory(name("directory"));
  const sink = root.createFile(name("open"), 0o644);
  for (const times of [...moments, ...beforeEpochWithFraction]) {
    for (const each of ["file", "directory"]) {
      root.setTimes(name(each), times);
      assertTimes(root.statEntry(name(each)), times, fs, each);
    }
    sink.setTimes(times);
    assertTimes(sink.stat(), times, fs, "open");
    assertTimes(root.statEntry(name("open")), times, fs, "open, by name");
    directory.setTimes(undefined, { mtimeSeconds: 5, mtimeNanoseconds: 0 });
    assertTimes(directory.stat(), { mtimeSeconds: 5, mtimeNanoseconds: 0 }, fs, "directory itself");
  }
  sink.close();
}, { when: isLinux });

eachFileSystem("setTimes() sets a symbolic link itself", ({ root, fs }) => {
  put(root, "file", "");
  root.setTimes(name("file"), moments[0]);
  root.createSymlink(name("link"), name("file"));
  root.createSymlink(name("dangling"), name("missing"));
  for (const times of moments) {
    for (const each of ["link", "dangling"]) {
      root.setTimes(name(each), times);
      assertTimes(root.statEntry(name(each)), times, fs, each);
    }
  }
  assertTimes(root.statEntry(name("file")), moments[0], fs, "the target");
}, { when: isLinux });

eachFileSystem("setTimes() keeps a fraction before 1970 on a symbolic link, or says that it cannot", ({ root, fs }) => {
  root.createSymlink(name("link"), name("missing"));
  for (const times of beforeEpochWithFraction) {
    if (fs.name === "native") {
      root.setTimes(name("link"), times);
      assertTimes(root.statEntry(name("link")), times, fs, "link");
    } else {
      assertEquals(failureOf(() => root.setTimes(name("link"), times)).code, "unsupported");
    }
  }
}, { when: isLinux });

eachFileSystem("setOwner() sets files, directories and links themselves", ({ root }) => {
  put(root, "file", "");
  root.createDirectory(name("directory"), 0o755);
  root.createSymlink(name("link"), name("file"));
  using directory = root.openDirectory(name("directory"));
  const sink = root.createFile(name("open"), 0o644);
  root.setOwner(name("link"), 12, 34);
  sink.setOwner(56, 78);
  directory.setOwner(undefined, 90, 12);
  assertEquals(owners(root, "link", "open", "directory", "file"), [[12, 34], [56, 78], [90, 12], [0, 0]]);
  root.setOwner(name("file"), 4_000_000_000, 65_534);
  assertEquals(owners(root, "file"), [[4_000_000_000, 65_534]]);
  sink.close();
}, { when: (fs) => isLinuxRoot && fs.capabilities.owners });

function owners(root: Directory, ...entries: string[]): number[][] {
  return entries.map((each) => root.statEntry(name(each))!).map(({ uid, gid }) => [uid, gid]);
}

const hasAttributes = (fs: FileSystem): boolean => isLinux && fs.capabilities.attributes;

eachFileSystem("attributes go from one entry to another: files, directories, open files", ({ root }) => {
  const wanted = new Map([["user.one", new Uint8Array([0, 255, 10])], ["user.empty", new Uint8Array()]]);
  put(root, "file", "");
  root.createDirectory(name("directory"), 0o755);
  using directory = root.openDirectory(name("directory"));
  const sink = root.createFile(name("open"), 0o644);
  assertEquals(root.readAttributes(name("file")), undefined);
  root.writeAttributes(name("file"), new Map([["user.old", new Uint8Array([1])]]));
  root.writeAttributes(name("file"), wanted);
  directory.writeAttributes(undefined, root.readAttributes(name("file")));
  sink.writeAttributes(wanted);
  for (const each of ["file", "directory", "open"]) assertEquals(root.readAttributes(name(each)), wanted, each);
  const source = root.openFile(name("open"));
  assertEquals(source.readAttributes(), wanted);
  source.close();
  sink.close();
  root.writeAttributes(name("file"), undefined);
  assertEquals(root.readAttributes(name("file")), undefined);
}, { when: hasAttributes });

eachFileSystem("ACLs are attributes, and a default ACL is known", ({ root, path }) => {
  put(root, "file", "");
  put(root, "copy", "");
  root.createDirectory(name("directory"), 0o755);
  using directory = root.openDirectory(name("directory"));
  assertEquals(directory.hasDefaultAcl(), false);
  shell(path, "setfacl -m u:1234:rw file && setfacl -d -m g:4321:rx directory");
  assertEquals(directory.hasDefaultAcl(), true);
  root.writeAttributes(name("copy"), root.readAttributes(name("file")));
  assertEquals(shell(path, "getfacl -nc copy"), shell(path, "getfacl -nc file"));
  assert(directory.readAttributes(undefined)?.has("system.posix_acl_default"));
}, { when: (fs) => hasAttributes(fs) && hasProgram("setfacl") });

function hasProgram(program: string): boolean {
  try {
    return new Deno.Command(program, { args: ["--version"] }).outputSync().success;
  } catch {
    return false; // not installed
  }
}

eachFileSystem("without attributes nothing is read, and writing any is an error", ({ root, path }) => {
  put(root, "file", "");
  if (hasProgram("setfattr")) shell(path, "setfattr -n user.one -v 1 file");
  assertEquals(root.readAttributes(name("file")), undefined);
  assertEquals(root.hasDefaultAcl(), false);
  root.writeAttributes(name("file"), undefined);
  root.writeAttributes(undefined, new Map());
  const error = failureOf(() => root.writeAttributes(name("file"), new Map([["user.one", new Uint8Array(1)]])));
  assertEquals(error.code, "unsupported");
}, { when: (fs) => isLinux && !fs.capabilities.attributes });
