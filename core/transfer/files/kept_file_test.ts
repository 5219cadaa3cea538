import { assertEquals, assertThrows } from "@std/assert";
import { fileSystems, isUnix } from "../../fs/_testing.ts";
import type { Directory, HoldOutcome, SinkFile } from "../../fs/types.ts";
import { encodeText } from "../../paths/bytes.ts";
import { adoptKept, createKept, hasKept, KEPT_BYTES, keptName } from "./kept_file.ts";
import { isNameOf, isTemporaryName, removeAbandoned } from "./temporary.ts";

const NAME = encodeText("film.mkv");
const KEPT = keptName(NAME);

async function inDirectory(run: (directory: Directory, path: string) => void, index: number): Promise<void> {
  const path = await Deno.makeTempDir({ prefix: "blit-test-" });
  try {
    using directory = fileSystems[index].openRoot(path);
    run(directory, path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

/** What an interrupted run leaves. */
function leave(directory: Directory, bytes = KEPT_BYTES): void {
  const { sink } = createKept(directory, NAME, 0)!;
  sink.truncate(bytes);
  sink.close();
}

function adopt(directory: Directory, isRoot = false): number | undefined {
  const kept = adoptKept(directory, NAME, isRoot);
  kept?.sink.close();
  return kept?.bytes;
}

/** The same object with some of its methods replaced. */
function withMethods<T extends object>(object: T, methods: Partial<T>): T {
  return new Proxy(object, {
    get(target, key) {
      const own = Reflect.get(methods, key) ?? Reflect.get(target, key);
      return typeof own === "function" ? own.bind(target) : own;
    },
  });
}

Deno.test("keptName() is a temporary name that follows from the name alone", () => {
  assertEquals(isTemporaryName(KEPT), true);
  assertEquals(keptName(encodeText("film.mkv")), KEPT);
  const names = Array.from({ length: 1000 }, (_, i) => keptName(encodeText(`film ${i}`)));
  assertEquals(new Set(names).size, names.length);
});

for (const [index, { name }] of fileSystems.entries()) {
  const test = (title: string, run: (directory: Directory, path: string) => void): void =>
    Deno.test({ name: `${name}: ${title}`, ignore: !isUnix, fn: () => inDirectory(run, index) });

  test("what is left of a file is taken over, whole, once it is nobody's", (directory) => {
    assertEquals([hasKept(directory, NAME), adopt(directory)], [false, undefined]);
    const kept = createKept(directory, NAME, 0)!;
    kept.sink.truncate(KEPT_BYTES);
    // While it is written nobody else gets it.
    assertEquals([adopt(directory), createKept(directory, NAME, 0)], [undefined, undefined]);
    kept.sink.close();
    assertEquals([hasKept(directory, NAME), adopt(directory)], [true, KEPT_BYTES]);
  });

  test("it is closed to others again, however far the run that left it had come", (directory) => {
    leave(directory);
    directory.setMode(KEPT, 0o644);
    const kept = adoptKept(directory, NAME, false)!;
    assertEquals(kept.sink.stat().mode, 0o600);
    kept.sink.close();
  });

  test("whoever wants none of it begins anew", (directory) => {
    leave(directory);
    const kept = createKept(directory, NAME, 0)!;
    assertEquals([kept.bytes, kept.sink.stat().size], [0, 0]);
    kept.sink.close();
  });

  test("who loses it before it is locked leaves the one that took its place", (directory) => {
    const others: SinkFile[] = [];
    const overtaken = withMethods(directory, {
      createFile(name, mode) {
        const sink = directory.createFile(name, mode);
        others.push(createKept(directory, NAME, 0)!.sink);
        return sink;
      },
    });
    assertEquals(createKept(overtaken, NAME, 0), undefined);
    assertEquals(isNameOf(directory, KEPT, others[0].stat()), true);
    others[0].close();
  });

  test("who loses it before it is locked leaves it to whoever goes on with it", (directory) => {
    const others: SinkFile[] = [];
    const overtaken = withMethods(directory, {
      createFile(name, mode) {
        const sink = directory.createFile(name, mode);
        others.push(adoptKept(directory, NAME, false)!.sink);
        return sink;
      },
    });
    assertEquals(createKept(overtaken, NAME, 0), undefined);
    assertEquals(isNameOf(directory, KEPT, others[0].stat()), true);
    others[0].close();
  });

  test("nobody goes on with what is just being removed", (directory) => {
    leave(directory);
    let adopted: number | undefined;
    const watched = withMethods(directory, {
      removeFile(name) {
        adopted = adopt(directory);
        directory.removeFile(name);
      },
    });
    assertEquals([removeAbandoned(watched, KEPT, 0), adopted], [true, undefined]);
  });

  test("what cannot be locked after all is not kept from others", (directory) => {
    const broken = withMethods(directory, {
      statEntry() {
        throw new Error("broken");
      },
    });
    assertThrows(() => createKept(broken, NAME, 0), Error, "broken");
    const kept = createKept(directory, NAME, 0);
    kept?.sink.close();
    assertEquals(kept?.bytes, 0);
  });

  test("without locks no file gets such a name", (directory) => {
    const lockless = withMethods(directory, {
      createFile: (name, mode) =>
        withMethods(directory.createFile(name, mode), { tryHoldAlone: (): HoldOutcome => "unsupported" }),
    });
    assertEquals(createKept(lockless, NAME, 0), undefined);
    assertEquals(directory.statEntry(KEPT), undefined);
  });

  test("what somebody else could still write to is not taken over", (directory, path) => {
    leave(directory);
    const file = `${path}/${KEPT}`;
    Deno.chmodSync(file, 0o620);
    assertEquals(adopt(directory), undefined);
    Deno.chmodSync(file, 0o600);
    Deno.linkSync(file, `${path}/other name`);
    assertEquals(adopt(directory), undefined);
    Deno.removeSync(`${path}/other name`);
    assertEquals(adopt(directory), KEPT_BYTES);
    Deno.removeSync(file);
    Deno.symlinkSync("elsewhere", file);
    assertEquals(adopt(directory), undefined);
  });
}

Deno.test({
  name: "root takes nothing over that belongs to somebody else",
  ignore: !isUnix || Deno.uid() !== 0,
  fn: () =>
    inDirectory((directory, path) => {
      leave(directory);
      Deno.chownSync(`${path}/${KEPT}`, 1234, 1234);
      assertEquals(adopt(directory, true), undefined);
      Deno.chownSync(`${path}/${KEPT}`, 0, 0);
      assertEquals(adopt(directory, true), KEPT_BYTES);
    }, fileSystems.length - 1),
});
