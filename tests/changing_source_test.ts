/**
 * Sources that do not hold still: a clean copy of one moment, or a failure, and never a silent mixture.
 *
 * @module
 */

import { copy, mirror, move } from "../mod.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { allVariants } from "./helpers/engine.ts";
import { testWhere } from "./helpers/needs.ts";
import { blit, type RunningProgram, startBlit } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { assertSameTree, findTemporaries, listPaths } from "./helpers/snapshot.ts";
import { injecting } from "./helpers/strace.ts";
import { buildTree, dir } from "./helpers/tree.ts";

const native = allVariants.filter(({ workers }) => workers === 0 || workers === 2);

for (const { name, ...options } of native) {
  testWhere(["linux"], `copy() reads files of size 0 that have content, ${name}`, async () => {
    using scratch = new Scratch();
    for (const path of ["/proc/version", "/proc/sys/kernel/ostype", "/proc/sys/kernel/pid_max"]) {
      assertEquals(Deno.statSync(path).size, 0);
      const target = scratch.join(path.replaceAll("/", "_"));
      const summary = await copy(path, target, options);
      assertEquals([summary.status, summary.failures], ["done", []]);
      assertEquals(Deno.readTextFileSync(target), Deno.readTextFileSync(path));
    }
  });

  testWhere(["linux"], `copy() of a directory of such files gives each its content or an error, ${name}`, async () => {
    using scratch = new Scratch();
    const summary = await copy("/proc/sys/kernel/random/", scratch.join("destination"), options);
    const failed = new Set(summary.failures.map(({ path }) => path));
    for (const path of listPaths("/proc/sys/kernel/random")) {
      if (failed.has(path)) continue;
      const content = Deno.readTextFileSync(scratch.join("destination", path));
      assert(content.length > 0, `"${path}" is empty`);
    }
  });

  for (const behaviour of ["grows", "shrinks", "changes"] as const) {
    testWhere(
      ["unix"],
      `copy() of a file that ${behaviour} meanwhile is one moment of it or a failure, ${name}`,
      async () => {
        using scratch = new Scratch();
        const source = scratch.directory("source");
        Deno.writeFileSync(`${source}/live`, new Uint8Array(160 << 20).fill(0x30));
        Deno.writeTextFileSync(`${source}/still`, "still");
        const destination = buildTree(scratch.join("destination"), { "live": "the old file" });
        using _writer = startWriter(`${source}/live`, behaviour);
        const summary = await copy(`${source}/`, destination, options);
        assertEquals(Deno.readTextFileSync(`${destination}/still`), "still");
        assertEquals(findTemporaries(destination), []);
        if (summary.failed > 0) {
          assertEquals(summary.failures.map(({ path, code }) => [path, code]), [["live", "changed"]]);
          assertEquals(summary.status, "partial");
          assertEquals(Deno.readTextFileSync(`${destination}/live`), "the old file");
        } else assertOneMoment(Deno.readFileSync(`${destination}/live`), behaviour);
      },
    );
  }
}

testWhere(["unix"], "blit copy of a file that never holds still says that it changed and exits with 1", async () => {
  using scratch = new Scratch();
  const source = scratch.directory("source");
  Deno.writeFileSync(`${source}/live`, new Uint8Array(256 << 20).fill(0x30));
  using _writer = startWriter(`${source}/live`, "changes");
  const { code, stderr } = await blit(["copy", `${source}/`, scratch.join("destination")]);
  assertEquals(code, 1);
  assertMatch(stderr, /^blit: Cannot .*live": .*changed/m);
});

testWhere(["unix"], "move() keeps a source file that changed while it was copied", async () => {
  using scratch = new Scratch();
  const source = scratch.directory("source");
  Deno.writeFileSync(`${source}/live`, new Uint8Array(256 << 20).fill(0x30));
  Deno.writeTextFileSync(`${source}/still`, "still");
  const destination = scratch.directory("destination");
  using _writer = startWriter(`${source}/live`, "changes");
  const summary = await move(`${source}/`, destination);
  assertEquals([summary.status, summary.failures.map(({ path }) => path)], ["partial", ["live"]]);
  assertEquals(listPaths(source), ["live"]);
});

for (const verb of ["copy", "mirror"] as const) {
  testWhere(
    ["unix"],
    `${verb}() of a tree in which files come and go never ends as if all was well with a hole in it`,
    async () => {
      using scratch = new Scratch();
      const source = scratch.directory("source");
      for (let i = 0; i < 40; i++) {
        const entries = Object.fromEntries(Array.from({ length: 100 }, (_, j) => [`f${j}`, `${i} ${j}`]));
        buildTree(`${source}/d${i}`, entries);
      }
      const vanishing = new Deno.Command("bash", {
        args: ["-c", "for i in {39..20}; do rm -f d$i/f{0..49}; done", "sh"],
        cwd: source,
      }).spawn();
      const summary = await { copy, mirror }[verb](`${source}/`, scratch.join("destination"));
      await vanishing.status;
      for (const { code } of summary.failures) assert(["not-found", "changed"].includes(code), code);
      for (const path of listPaths(source).filter((path) => !path.endsWith("/"))) {
        assertEquals(
          Deno.readTextFileSync(scratch.join("destination", path)),
          Deno.readTextFileSync(`${source}/${path}`),
        );
      }
    },
  );
}

testWhere(
  ["native", "strace"],
  "blit mirror deletes although a file vanished between listing and reading",
  async () => {
    using scratch = new Scratch();
    const source = buildTree(scratch.join("source"), { "gone": "1", "still": "2" });
    const destination = buildTree(scratch.join("destination"), { "extra": dir({ "file": "1" }) });
    const path = `${Deno.realPathSync(source)}/gone`;
    const under = injecting({ call: "statx", fault: "error=ENOENT", path });
    const { code, stderr } = await blit(["mirror", "--yes", `${source}/`, destination], { under });
    assertEquals(code, 1);
    assertMatch(stderr, /^blit: Cannot .*gone": no such file/m);
    assertEquals(listPaths(destination), ["still"]);
  },
);

testWhere(
  ["native", "strace"],
  "a file that changed between two reads is copied once more, as it is by then",
  async () => {
    await Promise.all(
      Object.values(EDITS).map(async (edit) => {
        using scratch = new Scratch();
        const { source, destination, copying } = startSlowCopy(scratch);
        edit(`${source}/live`);
        const { code, stderr } = await copying.result;
        assertEquals([code, stderr], [0, ""]);
        assertSameTree(destination, source, { withoutRoot: true });
      }),
    );
  },
);

/** What can happen to a file, once. */
const EDITS: Readonly<Record<Behaviour, (path: string) => void>> = {
  grows: (path) => Deno.writeTextFileSync(path, "more", { append: true }),
  shrinks: (path) => Deno.truncateSync(path, 1000),
  changes(path) {
    using file = Deno.openSync(path, { write: true });
    file.writeSync(new TextEncoder().encode("other bytes"));
  },
};

/** A copy over an old file that pauses before its second read, when it has got there. */
function startSlowCopy(scratch: Scratch): { source: string; destination: string; copying: RunningProgram } {
  const source = buildTree(scratch.join("source"), { "live": "x".repeat(1 << 20) });
  const destination = buildTree(scratch.join("destination"), { "live": "the old file" });
  const path = `${Deno.realPathSync(source)}/live`;
  const under = injecting({ call: "read", fault: "delay_enter=600000:when=2", path });
  const copying = startBlit(["copy", `${source}/`, destination], { under });
  const isCopying = (): boolean => findTemporaries(destination).some((name) => Deno.statSync(name).size > 0);
  for (let tries = 0; !isCopying(); tries++) {
    if (tries === 1000) throw new Error("The copy has not begun for ten seconds");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
  return { source, destination, copying };
}

type Behaviour = "grows" | "shrinks" | "changes";

/** A process that works on a file until the end of the block. */
function startWriter(path: string, behaviour: Behaviour): Disposable {
  const step = {
    grows: 'printf "%065536d" 0 >> "$1"',
    shrinks: 'truncate -s -65536 "$1"',
    changes: 'printf "%08d" $((++n)) | dd of="$1" bs=8 seek=$((RANDOM * 100)) conv=notrunc status=none',
  }[behaviour];
  const before = Deno.statSync(path);
  const child = new Deno.Command("bash", { args: ["-c", `while :; do ${step}; done`, "sh", path] }).spawn();
  // It takes a while to start, and a copy that is done by then would find nothing to complain about.
  while (!hasChanged(before, Deno.statSync(path))) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  return {
    [Symbol.dispose]() {
      child.kill("SIGKILL");
    },
  };
}

function hasChanged(before: Deno.FileInfo, after: Deno.FileInfo): boolean {
  return before.size !== after.size || before.mtime?.getTime() !== after.mtime?.getTime();
}

/** A file of zeros at any moment has nothing but zeros; what was written over it cannot be told apart by its time. */
function assertOneMoment(content: Uint8Array, behaviour: Behaviour): void {
  if (behaviour === "changes") throw new Error("The file changed all the time, and the copy is said to be complete");
  assert(content.length > 0);
  assertEquals(content.length % 65536, 0);
  assert(content.every((byte) => byte === 0x30), "the copy has bytes that the source never had");
}
