import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fileSystems, hex, isLinuxRoot, isUnix, shell } from "../../fs/_testing.ts";
import { asByteString, type ByteString, encodeText } from "../../paths/bytes.ts";
import { loadFilter } from "../../scan/filter.ts";
import { threadBuffers } from "../../wire/buffer_budget.ts";
import { BlitError } from "../../errors.ts";
import {
  bestFileSystem,
  exchange,
  failedExchange,
  hookedFileSystem,
  inTree,
  openBelow,
  writePattern,
} from "./_testing.ts";
import { zeroSendTotals } from "./outlet.ts";

const isNative = bestFileSystem.name === "native";
const noRules = { exclude: [], include: [] };

for (const fileSystem of fileSystems) {
  Deno.test(`${fileSystem.name}: sendTree() lists every directory and sends every file`, () =>
    inTree(async (root) => {
      Deno.mkdirSync(`${root}/a/b`, { recursive: true });
      Deno.mkdirSync(`${root}/empty`);
      Deno.writeTextFileSync(`${root}/top.txt`, "top");
      Deno.writeTextFileSync(`${root}/a/b/deep.txt`, "deep");
      Deno.writeTextFileSync(`${root}/a/nothing`, "");
      const large = writePattern(`${root}/a/large`, 3_000_001);

      const { sink, totals } = await exchange({ root, fileSystem });
      assertEquals([...sink.directories.keys()].sort(), ["", "a", "a/b", "empty"] as ByteString[]);
      assertEquals(sink.textOf("top.txt"), "top");
      assertEquals(sink.textOf("a/b/deep.txt"), "deep");
      assertEquals(sink.answerFor("a/nothing").result, "in shard");
      assertEquals(sink.contentOf("a/large"), large);
      assertEquals(sink.answerFor("a/large").result, { kind: "whole" });
      assert(sink.ends.every(({ complete }) => complete));
      assertEquals(sink.scanEnd, { kind: "scan-end", directories: 4, entries: 7, failures: 0 });
      assertEquals(totals, {
        directories: 4,
        entries: 7,
        failures: 0,
        files: 4,
        contentBytes: 3_000_001 + 7,
        removed: 0,
      });
      assertEquals(openBelow(root), []);
    }));
}

Deno.test("sendTree() lists the root first and then goes down before it goes on", () =>
  inTree(async (root) => {
    for (const name of ["a", "b", "c"]) Deno.mkdirSync(`${root}/${name}/x/y`, { recursive: true });
    const { sink } = await exchange({ root });
    const order = [...sink.directories.keys()];
    assertEquals(order[0], "" as ByteString);
    for (let i = 1; i < order.length; i += 3) {
      assertEquals(order.slice(i, i + 3), [order[i], `${order[i]}/x`, `${order[i]}/x/y`] as ByteString[]);
    }
  }));

Deno.test({
  name: "sendTree() keeps names that are not UTF-8, targets, holes, attributes, links and special files",
  ignore: !isNative,
  fn: () =>
    inTree(async (root) => {
      shell(
        root,
        `printf x > $'\\xff\\xfe\\n' && ln -s $'to\\xffwards' link && mkfifo pipe && printf h > one && ln one two &&
        truncate -s 3M sparse && printf data | dd of=sparse bs=1 seek=1048576 conv=notrunc status=none &&
        dd if=/dev/zero of=sparse bs=64k seek=32 count=2 conv=notrunc status=none &&
        truncate -s 5000 hole && chmod 4751 one && mkdir d`,
      );
      const hasAttributes = trySetAttribute(root);
      const { sink } = await exchange({ root });
      const entry = (name: string) => sink.entries.get(asByteString(name))!.entry;

      assertEquals(sink.textOf("\xff\xfe\n"), "x");
      assertEquals(hex([entry("link").target!]), hex([asByteString("to\xffwards")]));
      assertEquals(entry("pipe").stat.kind, "fifo");
      assertEquals(entry("one").stat.nlink, 2);
      assertEquals(entry("one").stat.inoLow, entry("two").stat.inoLow);
      assertEquals(entry("one").stat.mode, 0o4751);
      if (hasAttributes) {
        assertEquals(entry("one").attributes, new Map([["user.colour", new TextEncoder().encode("red")]]));
        assertEquals(sink.directories.get(asByteString("d"))!.attributes?.has("user.place"), true);
      }
      assertEquals(sink.contentOf("sparse"), Deno.readFileSync(`${root}/sparse`));
      const sent = sink.answerFor("sparse").parts.filter(({ content }) => typeof content !== "number");
      assert(sent.length === 1 && (sent[0].content as Uint8Array).length <= 64 * 1024, "zeros were sent");
      assertEquals(sink.answerFor("hole").parts, [{ offset: 0, content: 5000 }]);
    }),
});

function trySetAttribute(root: string): boolean {
  try {
    shell(root, "setfattr -n user.colour -v red one && setfattr -n user.place -v here d");
    return true;
  } catch {
    return false; // no tool for it, or a file system without attributes
  }
}

Deno.test({
  name: "sendTree() lists sockets and leaves it to the sink to skip them",
  ignore: !isUnix,
  fn: () =>
    inTree(async (root) => {
      using _listener = Deno.listen({ transport: "unix", path: `${root}/socket` });
      const { sink } = await exchange({ root });
      assertEquals(sink.entries.get(asByteString("socket"))?.entry.stat.kind, "socket");
    }),
});

Deno.test({
  name: "portable: sendTree() reports names that it cannot spell",
  ignore: !isNative,
  fn: () =>
    inTree(async (root) => {
      const long = "\\xff".repeat(255);
      shell(root, `printf x > $'bad\\xff' && printf x > $'${long}' && printf y > good`);
      const { sink, totals } = await exchange({ root, fileSystem: fileSystems[0] });
      assertEquals(sink.failures.map(({ code }) => code), ["invalid-name", "invalid-name"]);
      assertEquals(totals.failures, 2);
      assertEquals(sink.scanEnd?.failures, 2);
      assertEquals(sink.textOf("good"), "y");
    }),
});

Deno.test("sendTree() sends only the single entry where there is one", () =>
  inTree(async (root) => {
    Deno.writeTextFileSync(`${root}/wanted`, "yes");
    Deno.writeTextFileSync(`${root}/other`, "no");
    const { sink } = await exchange({ root, single: encodeText("wanted") });
    assertEquals([...sink.entries.keys()], ["wanted"] as ByteString[]);
    assertEquals(sink.textOf("wanted"), "yes");
  }));

Deno.test("sendTree() tells what a filter leaves out, and does not enter it", () =>
  inTree(async (root) => {
    Deno.mkdirSync(`${root}/skip/below`, { recursive: true });
    Deno.writeTextFileSync(`${root}/a.tmp`, "");
    Deno.writeTextFileSync(`${root}/b.txt`, "b");
    const filter = await loadFilter({ ...noRules, exclude: ["*.tmp", "skip"] });
    const { sink } = await exchange({ root, filter });
    const filtered = [...sink.entries.values()].filter(({ entry }) => entry.filtered).map(({ path }) => path);
    assertEquals(filtered.sort(), ["a.tmp", "skip"] as ByteString[]);
    assertEquals([...sink.directories.keys()], [""] as ByteString[]);
    assertEquals(sink.textOf("b.txt"), "b");
  }));

Deno.test("sendTree() walks directories that may lead to something, and says that it only walks", () =>
  inTree(async (root) => {
    Deno.mkdirSync(`${root}/d`);
    Deno.writeTextFileSync(`${root}/d/x.jpg`, "x");
    const filter = await loadFilter({ ...noRules, include: ["*.jpg"] });
    const { sink } = await exchange({ root, filter });
    assertEquals(sink.entries.get(asByteString("d"))?.entry.walkedOnly, true);
    assertEquals(sink.textOf("d/x.jpg"), "x");
  }));

Deno.test("sendTree() reports listed paths that are not there", () =>
  inTree(async (root) => {
    Deno.mkdirSync(`${root}/whole`);
    Deno.writeTextFileSync(`${root}/here`, "");
    Deno.writeTextFileSync(`${root}/file`, "");
    const filesFrom = ["here", "gone", "no/such/path", "whole", "whole/missing", "file/below"].map(encodeText);
    const filter = await loadFilter({ ...noRules, filesFrom });
    const { sink } = await exchange({ root, filter });
    const failures = sink.failures.map(({ path, code }) => `${path.join("/")}: ${code}`).sort();
    assertEquals(failures, [
      "file: not-directory",
      "gone: not-found",
      "no/such/path: not-found",
      "whole/missing: not-found",
    ]);
    assertEquals([...sink.entries.keys()].sort(), ["here", "whole"] as ByteString[]);
  }));

Deno.test("sendTree() reports a directory that vanishes between its listing and its turn", () =>
  inTree(async (root) => {
    Deno.mkdirSync(`${root}/gone/below`, { recursive: true });
    Deno.writeTextFileSync(`${root}/stays`, "stays");
    const fileSystem = hookedFileSystem(bestFileSystem, {
      onListed: (path) => {
        if (path === "") Deno.removeSync(`${root}/gone`, { recursive: true });
      },
    });
    const { sink } = await exchange({ root, fileSystem });
    assertEquals(sink.failures.map(({ path, code }) => [path.join("/"), code]), [["gone", "not-found"]]);
    assertEquals(sink.scanEnd, { kind: "scan-end", directories: 1, entries: 2, failures: 1 });
    assertEquals(sink.textOf("stays"), "stays");
  }));

Deno.test("sendTree() says that a listing that broke off is not complete", () =>
  inTree(async (root) => {
    Deno.mkdirSync(`${root}/bad`);
    Deno.writeTextFileSync(`${root}/bad/seen`, "seen");
    const fileSystem = hookedFileSystem(bestFileSystem, {
      onListed: (path) => {
        // What some kernels say of a directory that a broken disk holds, and what must not pass for one that vanished.
        if (path === "bad") throw new BlitError("not-found", "Cannot read directory: no such file or directory");
      },
    });
    const { sink } = await exchange({ root, fileSystem });
    const bad = sink.directories.get(asByteString("bad"))!.id;
    assertEquals(sink.ends.filter(({ complete }) => !complete).map(({ id }) => id), [bad]);
    assertEquals(sink.failures.map(({ path, code }) => [path.join("/"), code]), [["bad", "io"]]);
    assertEquals(openBelow(root), []);
  }));

Deno.test("sendTree() reports an entry that vanishes before it is looked at, and lists the rest", () =>
  inTree(async (root) => {
    for (const name of ["a", "b", "c"]) Deno.writeTextFileSync(`${root}/${name}`, name);
    const filesFrom = ["a", "b", "c"].map(encodeText);
    Deno.removeSync(`${root}/b`);
    const { sink } = await exchange({ root, filter: await loadFilter({ ...noRules, filesFrom }) });
    assertEquals(sink.failures.map(({ path }) => path.join("/")), ["b"]);
    assert(sink.ends.every(({ complete }) => complete));
    assertEquals(sink.entries.size, 2);
  }));

Deno.test({
  name: "sendTree() reports directories that it may not read, and lists the others",
  ignore: !isUnix || isLinuxRoot,
  fn: () =>
    inTree(async (root) => {
      Deno.mkdirSync(`${root}/closed`, { mode: 0o000 });
      Deno.writeTextFileSync(`${root}/open`, "");
      const { sink } = await exchange({ root });
      assertEquals(sink.failures.map(({ code }) => code), ["permission-denied"]);
      assertEquals(sink.scanEnd?.failures, 1);
      Deno.chmodSync(`${root}/closed`, 0o700);
    }),
});

Deno.test("sendTree() tells the sink why the root cannot be read, by the name that the sink knows", () =>
  inTree(async (root) => {
    const { error, seen } = await failedExchange({ root: `${root}/none`, shownRoot: "server:/module" });
    assertEquals([error.code, seen.code], ["not-found", "not-found"]);
    assertStringIncludes(seen.message, '"server:/module"');
    assert(!seen.message.includes(root), seen.message);
  }));

Deno.test("sendTree() leaves out what is below a skipped directory, and still ends it", () =>
  inTree(async (root) => {
    for (const name of ["a", "b"]) Deno.mkdirSync(`${root}/${name}/below/deeper`, { recursive: true });
    const { sink } = await exchange({ root }, {
      // What comes right behind the first directory may be on its way already.
      onDirectory: ({ id }, sink) => {
        const skipSubtree = sink.directories.get("" as ByteString)!.id === id;
        return [{ kind: "directory-done", id, skipSubtree }];
      },
    });
    assertEquals(sink.ends.length, sink.directories.size);
  }));

Deno.test("sendTree() ends with its signal, and tells the sink", () =>
  inTree(async (root) => {
    writePattern(`${root}/large`, 30_000_000);
    const controller = new AbortController();
    const { error, seen } = await failedExchange({ root, signal: controller.signal }, {
      onRecord: (record) => {
        if (record.kind === "file-data") controller.abort();
      },
    });
    assertEquals([error.code, seen.code], ["interrupted", "interrupted"]);
    assertEquals(openBelow(root), []);
  }));

Deno.test("sendTree() closes everything when the sink goes away in the middle", () =>
  inTree(async (root) => {
    for (let i = 0; i < 100; i++) {
      Deno.mkdirSync(`${root}/${i}`);
      writePattern(`${root}/${i}/file`, 200_000);
    }
    const { error } = await failedExchange({ root }, {
      onRecord: (record) => {
        if (record.kind === "file-data") throw new Error("gone");
      },
    }).catch(() => ({ error: undefined }));
    assertEquals(error, undefined);
    await until(() => openBelow(root).length === 0); // the sink has failed; the source may be about to learn it
    assertEquals(openBelow(root), []);
    await untilUnused();
  }));

/** Waits until all large buffers of this thread have been given back; they are when nothing of them is on its way. */
async function untilUnused(): Promise<void> {
  await until(() => threadBuffers.usedBytes === 0);
  assertEquals(threadBuffers.usedBytes, 0);
}

/** Waits for five seconds at most. */
async function until(isThere: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !isThere(); turn++) await new Promise((resolve) => setTimeout(resolve, 5));
}

Deno.test("sendTree() sends 20,000 small files in few records", () =>
  inTree(async (root) => {
    const content = new Uint8Array(1000).fill(65);
    for (let d = 0; d < 20; d++) {
      Deno.mkdirSync(`${root}/${d}`);
      for (let i = 0; i < 1000; i++) Deno.writeFileSync(`${root}/${d}/${i}`, content);
    }
    const progress = zeroSendTotals();
    const { sink, totals } = await exchange({ root, progress });
    assertEquals(totals, progress);
    assertEquals([totals.files, totals.contentBytes], [20_000, 20_000_000]);
    await untilUnused();
    const shards = sink.kinds.filter((kind) => kind === "shard").length;
    assert(shards < 2000, `${shards} shards`);
    for (const { result, parts } of sink.answers.values()) {
      assertEquals([result, (parts[0].content as Uint8Array).length], ["in shard", 1000]);
    }
  }));
