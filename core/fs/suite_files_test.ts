import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  eachFileSystem,
  failureOf,
  get,
  isLinux,
  isLinuxUnrestricted,
  isUnix,
  name,
  put,
  readText,
  type Scratch,
  shell,
  writeText,
} from "./_testing.ts";

eachFileSystem("createFile() writes what openFile() reads", ({ root }) => {
  put(root, "file", "the content, in pieces of seven bytes");
  put(root, "empty", "");
  assertEquals(get(root, name("file")), "the content, in pieces of seven bytes");
  assertEquals(get(root, name("empty")), "");
  assertEquals(root.statEntry(name("file"))?.size, 37);
});

eachFileSystem("createFile() refuses a name that is taken, also by a dangling symbolic link", ({ root, path }) => {
  put(root, "file", "old");
  root.createSymlink(name("link"), name("elsewhere"));
  assertEquals(failureOf(() => root.createFile(name("file"), 0o644)).code, "exists");
  assertEquals(failureOf(() => root.createFile(name("link"), 0o644)).code, "exists");
  assertEquals(get(root, name("file")), "old");
  assertEquals(Deno.readLinkSync(`${path}/link`), "elsewhere");
  assertEquals(root.statEntry(name("elsewhere")), undefined);
});

eachFileSystem("createFile() takes the mode, subject to the umask", ({ root }) => {
  for (const mode of [0o600, 0o755, 0o666, 0]) put(root, `file-${mode}`, "x", mode);
  for (const mode of [0o600, 0o755, 0o666, 0]) {
    assertEquals(root.statEntry(name(`file-${mode}`))?.mode, mode & ~Deno.umask());
  }
}, { when: isUnix });

eachFileSystem("read() goes on where it was, whatever readAt() does in between", ({ root }) => {
  put(root, "file", "0123456789");
  const source = root.openFile(name("file"));
  const buffer = new Uint8Array(16);
  const text = (count: number): string => new TextDecoder().decode(buffer.subarray(0, count));
  assertEquals(text(source.read(buffer, 3)), "012");
  assertEquals(text(source.readAt(buffer, 2, 8)), "89");
  assertEquals(text(source.read(buffer, 3)), "345");
  assertEquals(source.readAt(buffer, 5, 10), 0);
  assertEquals(source.readAt(buffer, 5, 100), 0);
  assertEquals(text(source.read(buffer, 16)), "6789");
  assertEquals(source.read(buffer, 16), 0);
  source.close();
});

eachFileSystem("write() goes on where it was, whatever writeAt() does in between", ({ root }) => {
  const sink = root.createFile(name("file"), 0o644);
  writeText(sink, "ab");
  sink.writeAt(new TextEncoder().encode("XYZ!"), 3, 4);
  writeText(sink, "cd");
  sink.truncate(9);
  sink.close();
  assertEquals(get(root, name("file")), "abcdXYZ\0\0");
});

eachFileSystem("a position beyond 4 GiB is that position", ({ root }) => {
  const position = 5 * 1024 ** 3;
  const sink = root.createFile(name("large"), 0o644);
  sink.writeAt(new Uint8Array([42]), 1, position);
  sink.close();
  const source = root.openFile(name("large"));
  const buffer = new Uint8Array(4);
  assertEquals(source.stat().size, position + 1);
  assertEquals([source.readAt(buffer, 4, position), buffer[0]], [1, 42]);
  source.close();
}, { when: isLinux });

eachFileSystem("openForUpdate() changes bytes of an existing file and nothing else", ({ root }) => {
  put(root, "file", "0123456789");
  const sink = root.openForUpdate(name("file"));
  sink.writeAt(new TextEncoder().encode("ab"), 2, 5);
  sink.flush();
  sink.close();
  assertEquals(get(root, name("file")), "01234ab789");
  assertEquals(failureOf(() => root.openForUpdate(name("missing"))).code, "not-found");
  assertEquals(root.statEntry(name("missing")), undefined);
});

eachFileSystem("openFile() and openForUpdate() never follow a symbolic link", ({ root }) => {
  put(root, "file", "content");
  root.createSymlink(name("link"), name("file"));
  assertEquals(failureOf(() => root.openFile(name("link"))).code, "loop");
  assertEquals(failureOf(() => root.openForUpdate(name("link"))).code, "loop");
});

eachFileSystem("openFile() with what was known finds a symbolic link in the file's place", ({ root }) => {
  expectNothingRead(root, () => root.createSymlink(name("file"), name("secret")));
});

eachFileSystem("openFile() with what was known finds another file in the file's place", ({ root }) => {
  expectNothingRead(root, () => root.rename(name("secret"), name("file")));
}, { when: (fs) => fs.name === "portable" });

function expectNothingRead(root: Scratch["root"], swap: () => void): void {
  put(root, "file", "content");
  put(root, "secret", "secret");
  const known = root.statEntry(name("file"));
  root.rename(name("file"), name("old"));
  swap();
  const error = failureOf(() => {
    const source = root.openFile(name("file"), known);
    try {
      readText(source);
    } finally {
      source.close();
    }
  });
  assert(["changed", "loop"].includes(error.code), error.message);
}

eachFileSystem(
  "openFile() does not block on a FIFO, and neither it nor a directory passes for a file",
  ({ root, path }) => {
    shell(path, "mkfifo fifo && mkdir directory");
    for (const each of ["fifo", "directory"]) assertNotEquals(kindOfOpened(root, each), "file");
  },
  { when: isUnix },
);

/** An implementation may refuse at once, or open without blocking and tell the kind. */
function kindOfOpened(root: Scratch["root"], entry: string): string {
  let source;
  try {
    source = root.openFile(name(entry));
    return source.stat().kind;
  } catch {
    return "refused";
  } finally {
    source?.close();
  }
}

eachFileSystem("stat() of an open file tells what it is now", ({ root }) => {
  put(root, "file", "12345");
  const source = root.openFile(name("file"), root.statEntry(name("file")));
  assertEquals(source.stat().size, 5);
  readText(source);
  const sink = root.openForUpdate(name("file"));
  sink.writeAt(new Uint8Array(5), 5, 5);
  assertEquals(sink.stat().size, 10);
  sink.close();
  assertEquals(readText(source), "\0\0\0\0\0");
  assertEquals(source.stat().size, 10);
  source.close();
});

eachFileSystem("a file of size 0 that has content gives its content", ({ fs }) => {
  using proc = fs.openRoot("/proc/self");
  assertEquals(proc.statEntry(name("status"))?.size, 0);
  assert(get(proc, name("status")).includes("State:"));
}, { when: isLinuxUnrestricted, ofUserPaths: true });

eachFileSystem("nextData() and nextHole() enclose the data of a sparse file", ({ root }) => {
  const [start, size] = [8 * 1024 * 1024, 16 * 1024 * 1024];
  const sink = root.createFile(name("sparse"), 0o644);
  sink.writeAt(new Uint8Array(65_536).fill(1), 65_536, start);
  sink.truncate(size);
  sink.close();
  const source = root.openFile(name("sparse"));
  const data = source.nextData(0) ?? size;
  assert(data <= start);
  const hole = source.nextHole(data, size);
  assert(hole >= start + 65_536 && hole <= size);
  const beyond = source.nextData(hole);
  assert(beyond === undefined || beyond === hole);
  source.close();
});

eachFileSystem("nextData() and nextHole() are exact", ({ root }) => {
  const sink = root.createFile(name("sparse"), 0o644);
  sink.writeAt(new Uint8Array(65_536).fill(1), 65_536, 1_048_576);
  sink.truncate(4_194_304);
  sink.close();
  const source = root.openFile(name("sparse"));
  assertEquals(source.nextData(0), 1_048_576);
  assertEquals(source.nextHole(1_048_576, 4_194_304), 1_048_576 + 65_536);
  assertEquals(source.nextData(2_097_152), undefined);
  assert(root.statEntry(name("sparse"))!.allocatedBytes < 1_048_576);
  source.close();
}, { when: (fs) => fs.name === "native" });

eachFileSystem("cloneFrom() makes the content the same, or says that it did not", ({ root }) => {
  put(root, "source", "content");
  const source = root.openFile(name("source"));
  const sink = root.createFile(name("copy"), 0o644);
  sink.reserve(7);
  const isCloned = sink.cloneFrom(source);
  sink.close();
  source.close();
  if (isCloned) assertEquals(get(root, name("copy")), "content");
});

eachFileSystem("close() may be called twice, and gives every handle back", ({ root, fs, path }) => {
  put(root, "file", "content");
  root.createDirectory(name("directory"), 0o755);
  const cycle = (): void => {
    using directory = fs.openRoot(path);
    using below = directory.openDirectory(name("directory"));
    const sink = below.createFile(name("new"), 0o644);
    sink.holdShared();
    const source = directory.openFile(name("file"));
    readText(source);
    for (let i = 0; i < 2; i++) [source, sink, below].forEach((handle) => handle.close());
    below.close();
    using again = root.openDirectory(name("directory"));
    again.removeFile(name("new"));
    failureOf(() => directory.openFile(name("missing")));
    failureOf(() => directory.createFile(name("file"), 0o644));
  };
  cycle();
  const before = countDescriptors(path);
  for (let i = 0; i < 20; i++) cycle();
  assertEquals(countDescriptors(path), before);
}, { when: isLinuxUnrestricted });

/** Open files below a path: other tests of the same process have theirs elsewhere. */
function countDescriptors(path: string): number {
  let count = 0;
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      if (Deno.readLinkSync(`/proc/self/fd/${name}`).startsWith(path)) count++;
    } catch {
      // closed since it was listed, as the listing's own descriptor is
    }
  }
  return count;
}
