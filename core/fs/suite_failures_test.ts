import { assert, assertEquals, assertMatch } from "@std/assert";
import { endsRun } from "../errors.ts";
import type { FileSystem, HoldOutcome, SinkFile } from "./types.ts";
import {
  canMount,
  eachFileSystem,
  failureOf,
  get,
  isLinuxRoot,
  isUnix,
  listAll,
  name,
  put,
  run,
  withTmpfs,
  writeText,
} from "./_testing.ts";

eachFileSystem("errors have a code, the path as the user gave it, and say what was tried and why", ({ fs, path }) => {
  Deno.mkdirSync(`${path}/a b`);
  using root = fs.openRoot(`${path}/a b/`);
  root.createDirectory(name("dïr"), 0o755);
  using directory = root.openDirectory(name("dïr"));
  const error = failureOf(() => directory.openFile(name("missing")));
  assertEquals(error.code, "not-found");
  assertEquals(error.path, `${path}/a b/dïr/missing`);
  assertEquals(error.message, `Cannot open "${path}/a b/dïr/missing": no such file or directory`);
  const own = failureOf(() => root.openDirectory(name("nowhere")));
  assertEquals(own.path, `${path}/a b/nowhere`);
});

eachFileSystem("every failing call throws a BlitError that names its entry", ({ root }) => {
  put(root, "file", "");
  const missing = name("missing");
  const calls: (() => unknown)[] = [
    () => root.readLink(missing),
    () => root.openFile(missing),
    () => root.openForUpdate(missing),
    () => root.openDirectory(missing),
    () => root.createHardLink(root, missing, name("missing too")),
    () => root.rename(missing, missing),
    () => root.removeFile(missing),
    () => root.removeDirectory(missing),
    () => root.setMode(missing, 0o644),
    () => root.setOwner(missing, 0, 0),
    () => root.setTimes(missing, { mtimeSeconds: 0, mtimeNanoseconds: 0 }),
  ];
  for (const call of calls) {
    const error = failureOf(call);
    assertEquals(error.code, "not-found", String(call));
    assertMatch(error.message, /^Cannot [a-z ]+ "[^"]+\/missing( too)?": no such file or directory$/);
  }
}, { when: isUnix });

eachFileSystem("a name of 256 bytes is too long", ({ root }) => {
  const long = name("x".repeat(256));
  assertEquals(failureOf(() => root.createFile(long, 0o644)).code, "name-too-long");
  assertEquals(failureOf(() => root.createDirectory(long, 0o755)).code, "name-too-long");
}, { when: isUnix });

eachFileSystem("a full disk is no-space, and ends the run", ({ root, path, fs }) => {
  withTmpfs(path, "size=256k", () => {
    using full = fs.openRoot(path);
    const sink = full.createFile(name("file"), 0o644);
    const error = failureOf(() => fill(sink));
    sink.close();
    assertEquals(error.code, "no-space");
    assert(endsRun(error.code));
    assertEquals(error.message, `Cannot write "${path}/file": no space left on the device`);
  });
  assertEquals(listAll(root).names, []);
}, { when: canMount });

function fill(sink: SinkFile): void {
  const buffer = new Uint8Array(65_536).fill(1);
  for (let i = 0; i < 100; i++) sink.write(buffer, buffer.length);
}

eachFileSystem("a full table of inodes is no-space for files, directories and links", ({ path, fs }) => {
  withTmpfs(path, "nr_inodes=2", () => {
    using full = fs.openRoot(path);
    put(full, "last", "");
    assertEquals(failureOf(() => full.createFile(name("file"), 0o644)).code, "no-space");
    assertEquals(failureOf(() => full.createDirectory(name("directory"), 0o755)).code, "no-space");
    assertEquals(failureOf(() => full.createSymlink(name("link"), name("target"))).code, "no-space");
  });
}, { when: canMount });

eachFileSystem("a read-only file system refuses every change and keeps what it has", ({ path, fs }) => {
  withTmpfs(path, "size=64k", () => {
    using root = fs.openRoot(path);
    put(root, "file", "content");
    root.createDirectory(name("directory"), 0o755);
    run("mount", ["-o", "remount,ro", path]);
    const calls: (() => unknown)[] = [
      () => root.createFile(name("new"), 0o644),
      () => root.openForUpdate(name("file")),
      () => root.createDirectory(name("new"), 0o755),
      () => root.createSymlink(name("new"), name("target")),
      () => root.createHardLink(root, name("file"), name("new")),
      () => root.rename(name("file"), name("new")),
      () => root.moveHere(root, name("file"), name("new")),
      () => root.removeFile(name("file")),
      () => root.removeDirectory(name("directory")),
      () => root.setMode(name("file"), 0o600),
      () => root.setTimes(name("file"), { mtimeSeconds: 1, mtimeNanoseconds: 0 }),
    ];
    for (const call of calls) assertEquals(failureOf(call).code, "read-only", String(call));
    assertEquals(get(root, name("file")), "content");
  });
}, { when: canMount });

eachFileSystem("what permissions forbid is permission-denied", ({ fs, path, root }) => {
  put(root, "secret", "secret", 0o600);
  root.createDirectory(name("closed"), 0o700);
  Deno.chmodSync(path, 0o755);
  const codes = inChild(
    fs,
    path,
    { user: 65_534 },
    `
    using root = fs.openRoot(Deno.args[0]);
    const codes = [];
    for (const call of [
      () => root.openFile("secret"),
      () => root.createFile("new", 0o644),
      () => root.removeFile("secret"),
      () => [...root.openDirectory("closed").list()],
      () => root.setMode("secret", 0o644),
      () => root.setOwner("secret", 1, 1),
    ]) {
      try { call(); codes.push("done"); } catch (error) { codes.push(error.code); }
    }
    console.log(codes.join(" "));
  `,
  );
  assertEquals(codes.split(" "), Array(6).fill("permission-denied"));
  assertEquals(get(root, name("secret")), "secret");
}, { when: isLinuxRoot });

eachFileSystem("a file can be held alone when nothing else holds it, within one process", ({ root }) => {
  put(root, "file", "content");
  const [first, second] = [root.openForUpdate(name("file")), root.openForUpdate(name("file"))];
  first.holdShared();
  second.holdShared();
  const observer = (): HoldOutcome => {
    const sink = root.openForUpdate(name("file"));
    const outcome = sink.tryHoldAlone();
    sink.close();
    return outcome;
  };
  assertEquals(observer(), "busy");
  first.close();
  assertEquals(observer(), "busy");
  second.close();
  assertEquals(observer(), "held");
}, { when: isUnix });

eachFileSystem("a file whose writer was killed can be held alone", async ({ fs, path, root }) => {
  const child = spawn(
    fs,
    path,
    {},
    `
    using root = fs.openRoot(Deno.args[0]);
    const sink = root.createFile("held", 0o644);
    sink.holdShared();
    console.log("holding");
    setInterval(() => {}, 1000);
  `,
  ).spawn();
  try {
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    assertEquals(holdForAMoment(), "busy");
  } finally {
    child.kill("SIGKILL");
    await child.status;
    await child.stderr.cancel();
  }
  assertEquals(holdForAMoment(), "held");

  function holdForAMoment(): HoldOutcome {
    const sink = root.openForUpdate(name("held"));
    writeText(sink, "x");
    const result = sink.tryHoldAlone();
    sink.close();
    return result;
  }
}, { when: isUnix });

eachFileSystem("a file is held alone until it is closed", ({ root }) => {
  put(root, "file", "content");
  const [first, second] = [root.openForUpdate(name("file")), root.openForUpdate(name("file"))];
  assertEquals([first.tryHoldAlone(), first.tryHoldAlone(), second.tryHoldAlone()], ["held", "held", "busy"]);
  const reader = root.openFile(name("file"));
  assertEquals(reader.tryHoldAlone(), "busy");
  reader.close();
  first.close();
  assertEquals(second.tryHoldAlone(), "held");
  second.close();
}, { when: isUnix });

function inChild(fs: FileSystem, path: string, options: { user?: number }, code: string): string {
  const { stdout, stderr } = spawn(fs, path, options, code).outputSync();
  const text = new TextDecoder().decode(stdout).trim();
  if (text === "") throw new Error(new TextDecoder().decode(stderr));
  return text;
}

/** A Deno process that runs code with `fs`, the same implementation, and the path in `Deno.args[0]`. */
function spawn(fs: FileSystem, path: string, { user }: { user?: number }, code: string): Deno.Command {
  const module = import.meta.resolve(fs.name === "native" ? "./native_linux.ts" : "./portable.ts");
  const chosen = fs.name === "native" ? "module.createNativeFileSystem()" : "module.portableFileSystem";
  const script = `const module = await import("${module}"); const fs = ${chosen};${code}`;
  return new Deno.Command(Deno.execPath(), {
    args: ["eval", script, path],
    stdout: "piped",
    stderr: "piped",
    ...(user === undefined ? {} : { uid: user, gid: user, env: { DENO_DIR: `${path}/.deno`, HOME: path } }),
  });
}
