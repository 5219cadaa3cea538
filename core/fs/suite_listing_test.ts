import { assert, assertEquals } from "@std/assert";
import { encodeText } from "../paths/bytes.ts";
import { byteName, eachFileSystem, get, hex, isLinux, isUnix, listAll, name, put, shell } from "./_testing.ts";

eachFileSystem("list() yields nothing for an empty directory", ({ root }) => {
  assertEquals(listAll(root), { names: [], damaged: [] });
});

const oddNames = [
  " ",
  "-rf",
  "--",
  "new\nline",
  "back\\slash",
  "C:\\windows",
  "tab\tand\x01control\x7f",
  `quotes"'\``,
  "$(date) *?[a]",
  "...",
  "x".repeat(255),
  "ü".repeat(127) + "x",
  "e\u0301 and \u00e9",
  "\ufeffmark",
  "😀",
];

eachFileSystem("names survive: spaces, newlines, quotes, backslashes, leading dashes, 255 bytes, UTF-8", ({ root }) => {
  for (const each of oddNames) put(root, each, each);
  assertEquals(hex(listAll(root).names).sort(), hex(oddNames.map(encodeText)).sort());
  for (const each of oddNames) assertEquals(get(root, name(each)), each);
}, { when: isUnix });

eachFileSystem(
  "list() yields 5,000 entries completely, without duplicates, in batches of a few thousand",
  ({ root }) => {
    const wanted = Array.from({ length: 5000 }, (_, i) => `entry-${i}`);
    for (const each of wanted) put(root, each, "");
    const batches = [...root.list()].map((batch) => batch.names.map(String));
    assertEquals(batches.flat().sort(), wanted.sort());
    assert(batches.length > 1);
    assert(batches.every((batch) => batch.length > 0 && batch.length < 5000));
  },
);

eachFileSystem("listKinds() tells what each name is, or that only a look at it tells", ({ root, path }) => {
  shell(path, "touch file; mkdir directory; ln -s file link; mkfifo fifo");
  for (const { names, kinds } of root.listKinds()) {
    assertEquals(names.length, kinds.length);
    names.forEach((each, i) => {
      const { kind } = root.statEntry(each)!;
      assert(kinds[i] === kind || (kinds[i] === "unknown" && kind === "fifo"), `${each}: ${kinds[i]}`);
    });
  }
}, { when: isUnix });

eachFileSystem("list() starts again at each call, also after one that was left early", ({ root }) => {
  for (let i = 0; i < 3000; i++) put(root, `entry-${i}`, "");
  for (const batch of root.list()) {
    assert(batch.names.length > 0);
    break;
  }
  assertEquals(listAll(root).names.length, 3000);
  assertEquals(listAll(root).names.length, 3000);
});

eachFileSystem("names that are not UTF-8 are listed, read, created and renamed as bytes", ({ root, path }) => {
  shell(path, String.raw`echo -n one > $'\xff\xfe'; echo -n two > $'caf\xe9'`);
  assertEquals(hex(listAll(root).names).sort(), ["636166e9", "fffe"]);
  assertEquals(get(root, byteName(0xff, 0xfe)), "one");
  root.rename(byteName(0xff, 0xfe), byteName(0x80));
  root.createSymlink(byteName(0x81), byteName(0x80, 0x2f, 0x90));
  assertEquals(hex(listAll(root).names).sort(), ["636166e9", "80", "81"]);
  assertEquals(root.readLink(byteName(0x81)), byteName(0x80, 0x2f, 0x90));
}, { when: (fs) => isLinux && fs.capabilities.byteNames });

eachFileSystem("names that are not UTF-8 are reported as damaged, never listed", ({ root, path }) => {
  shell(path, String.raw`touch fine $'\xff\xfe' $'caf\xe9'`);
  const { names, damaged } = listAll(root);
  assertEquals(names.map(String), ["fine"]);
  assertEquals(damaged.sort(), ["caf\ufffd", "\ufffd\ufffd"]);
}, { when: (fs) => isLinux && !fs.capabilities.byteNames });

eachFileSystem("a name that contains U+FFFD is told apart from a damaged one", ({ root, path, fs }) => {
  shell(path, String.raw`touch $'a\xef\xbf\xbd' $'b\xff' $'c\xef\xbf\xbd' $'c\xff' $'c\xfe'`);
  const { names, damaged } = listAll(root);
  if (!fs.capabilities.byteNames) assertEquals(hex(names).sort(), ["61efbfbd", "63efbfbd"]);
  for (const each of ["a\ufffd", "c\ufffd"]) assert(names.includes(name(each)), each);
  assertEquals(names.length + damaged.length, 5);
}, { when: isLinux });
