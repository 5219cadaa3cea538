import { assert, assertEquals } from "@std/assert";
import { asByteString } from "../../paths/bytes.ts";
import { connectedPair } from "../../wire/_testing.ts";
import { Lane } from "../../wire/lane/lane.ts";
import type { SinkRecord, SourceRecord } from "../../wire/records.ts";
import { bestFileSystem, exchange, inTree } from "./_testing.ts";
import { sendTree } from "./send_tree.ts";

/** Entries of the window in these tests; creating 32,768 files a test takes too long. */
const WINDOW = 2000;
/** Silence after which a source is taken to wait, in milliseconds. */
const SILENCE_MS = 1500;

/** Makes empty files and directories. */
function fill(path: string, { files = 0, directories = 0 }): void {
  Deno.mkdirSync(path, { recursive: true });
  for (let i = 0; i < files; i++) Deno.writeFileSync(`${path}/f${i}`, new Uint8Array());
  for (let i = 0; i < directories; i++) Deno.mkdirSync(`${path}/d${i}`);
}

/** What a source sends until it waits for more than it is answered; then the sink goes away. */
async function hear(root: string, answer: (record: SourceRecord) => SinkRecord[] = () => []): Promise<SourceRecord[]> {
  const [one, other] = await connectedPair();
  using source = new Lane(one, { role: "source" });
  using sink = new Lane(other, { role: "sink" });
  const sending = sendTree(source, { fileSystem: bestFileSystem, root, windowEntries: WINDOW }).catch((error) =>
    error.code
  );
  const heard: SourceRecord[] = [];
  let timer = setTimeout(() => sink.close(), SILENCE_MS);
  try {
    for (let record = await sink.read(); record !== undefined; record = await sink.read()) {
      clearTimeout(timer);
      timer = setTimeout(() => sink.close(), SILENCE_MS);
      heard.push(record);
      for (const each of answer(record)) await sink.write(each);
    }
  } catch {
    // It was closed: nothing came any more.
  }
  clearTimeout(timer);
  assertEquals(await sending, "unreachable");
  return heard;
}

function entriesIn(records: SourceRecord[]): number {
  return records.reduce((sum, record) => sum + (record.kind === "entries" ? record.entries.length : 0), 0);
}

Deno.test("a sink that never answers is sent a window of entries, and no more", () =>
  inTree(async (root) => {
    for (let i = 0; i < 30; i++) fill(`${root}/${i}`, { files: 100 });
    const heard = await hear(root);
    const entries = entriesIn(heard);
    assert(entries >= WINDOW * 0.9 && entries < WINDOW + 100, `${entries} entries`);
    assert(!heard.some(({ kind }) => kind === "scan-end"));
  }));

Deno.test("directories without entries count in the window", () =>
  inTree(async (root) => {
    for (let i = 0; i < 25; i++) fill(`${root}/${i}`, { directories: 100 });
    // What holds them is given back, they themselves never are.
    const holders = new Set<number>();
    const heard = await hear(root, (record) => {
      if (record.kind === "directory" && record.path.length < 2) holders.add(record.id);
      if (record.kind !== "directory-end" || !holders.has(record.id)) return [];
      return [{ kind: "directory-done", id: record.id, skipSubtree: false }];
    });
    const empty = heard.filter((record) => record.kind === "directory" && record.path.length === 2).length;
    assert(empty > WINDOW - 200 && empty <= WINDOW, `${empty} directories`);
  }));

Deno.test("a directory larger than the window is listed by credit", () =>
  inTree(async (root) => {
    const count = WINDOW + 5000;
    fill(root, { files: count });
    const { sink } = await exchange({ root, windowEntries: WINDOW }, {
      want: () => undefined,
      onRecord: async (record, sink) => {
        if (record.kind !== "entries") return;
        await sink.lane.write({ kind: "credit", entries: record.entries.length });
      },
    });
    assertEquals(sink.entries.size, count);
    assertEquals(sink.scanEnd?.entries, count);
  }));

Deno.test("credit counts for what was sent, not in advance", () =>
  inTree(async (root) => {
    fill(root, { files: 4 * WINDOW });
    let isFirst = true;
    const heard = await hear(root, (record) => {
      if (record.kind !== "entries" || !isFirst) return [];
      isFirst = false;
      return [{ kind: "credit", entries: 0xffff_ffff }];
    });
    assert(entriesIn(heard) <= 2 * WINDOW, `${entriesIn(heard)} entries`);
  }));

Deno.test("credit without giving back opens no larger window", () =>
  inTree(async (root) => {
    for (let i = 0; i < 40; i++) fill(`${root}/${i}`, { files: 100 });
    const heard = await hear(
      root,
      (record) => record.kind === "entries" ? [{ kind: "credit", entries: 0xffff_ffff }] : [],
    );
    assert(entriesIn(heard) < WINDOW + 200, `${entriesIn(heard)} entries`);
  }));

Deno.test("a full window still lets the end of a directory through", () =>
  inTree(async (root) => {
    // With its own place and that of the root and its entry it fills the window exactly.
    fill(`${root}/d`, { files: WINDOW - 3 });
    const { sink } = await exchange({ root, windowEntries: WINDOW }, { want: () => undefined });
    assertEquals(sink.entries.size, WINDOW - 3 + 1);
    // The root is given back before; then it is one batch more than fits.
    fill(`${root}/d`, { files: WINDOW - 1 });
    const fuller = await exchange({ root, windowEntries: WINDOW }, { want: () => undefined });
    assert(fuller.sink.entries.has(asByteString("d/f0")));
    assertEquals(fuller.sink.scanEnd?.entries, WINDOW);
  }));
