import { assert, assertEquals } from "@std/assert";
import type { BlitError } from "../errors.ts";
import { fileSystems } from "../fs/_testing.ts";
import type { TransferEvent, TransferSummary } from "../events.ts";
import { inspect, type Inspection } from "./inspect.ts";
import { copy } from "./mod.ts";

const implementations = fileSystems.map(({ name }) => name);

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "blit-test-" });
  try {
    Deno.mkdirSync(`${folder}/few`);
    Deno.mkdirSync(`${folder}/many`);
    for (let i = 0; i < 3; i++) Deno.writeTextFileSync(`${folder}/few/${i}`, "x");
    for (let i = 0; i < 30; i++) Deno.writeTextFileSync(`${folder}/many/${i}`, "x");
    await test(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function sawOf({ fileSystem, roots, choice, volumes, sameDevice }: Inspection): Partial<TransferSummary> {
  const profile = (volume: Inspection["volumes"]["source"]) => ({ type: volume!.type, device: volume!.device });
  return {
    fileSystem: fileSystem.name,
    destination: roots!.target,
    route: choice!.route,
    workers: choice!.workers,
    routeReason: choice!.reason,
    volumes: { source: profile(volumes.source), destination: profile(volumes.destination), sameDevice },
  };
}

for (const fileSystem of implementations) {
  Deno.test(`inspect() foresees what copy() does, and writes nothing (${fileSystem})`, async () => {
    await withFolder(async (folder) => {
      Deno.mkdirSync(`${folder}/there`);
      const jobs = [
        { source: "few", destination: "new" },
        { source: "few", destination: "there" },
        { source: "many/", destination: "deep/er" },
        { source: "few/", destination: "sum", comparison: "checksum" as const },
        { source: "many/1", destination: "there/" },
        { source: "many/2", destination: "one" },
      ];
      for (const { source, destination, comparison } of jobs) {
        const paths = { source: `${folder}/${source}`, destination: `${folder}/${destination}` };
        const before = [...Deno.readDirSync(folder)].length;
        const inspection = await inspect({ ...paths, options: { fileSystem, ...(comparison && { comparison }) } });
        assertEquals([...Deno.readDirSync(folder)].length, before);
        assertEquals(inspection.problems, []);
        let workers: number | undefined;
        const onEvent = (event: TransferEvent) => event.type === "route" && (workers = event.workers);
        const options = { fileSystem, onEvent, ...(comparison && { comparison }) };
        const summary = { ...await copy(paths.source, paths.destination, options), workers };
        const saw = sawOf(inspection);
        const did = Object.fromEntries(Object.keys(saw).map((name) => [name, summary[name as keyof TransferSummary]]));
        assertEquals(saw, did);
      }
    });
  });
}

Deno.test("inspect() tells of both sides what it can, and the problem in copy()'s words", async () => {
  await withFolder(async (folder) => {
    const bad = [["nothing", "new"], ["few", "many/1"], ["few", "few/below"], ["many/1", "many/1"], ["many/1/", "new"]];
    for (const [source, destination] of bad) {
      const paths = { source: `${folder}/${source}`, destination: `${folder}/${destination}` };
      const { problems, roots, choice, volumes } = await inspect(paths);
      const error: BlitError = await copy(paths.source, paths.destination).then(() => {
        throw new Error("It does copy");
      }, (thrown) => thrown);
      assertEquals(problems.map(({ error: { code, message }, ends }) => [code, message, ends]), [
        [error.code, error.message, true],
      ]);
      assertEquals([roots, choice], [undefined, undefined]);
      assert(Deno.build.os !== "linux" || (volumes.source !== undefined && volumes.destination !== undefined));
    }
  });
});

Deno.test("inspect() looks at one side alone", async () => {
  await withFolder(async (folder) => {
    const there = await inspect({ source: `${folder}/few`, destination: undefined });
    assertEquals([there.problems, there.roots, there.volumes.destination], [[], undefined, undefined]);
    const missing = await inspect({ source: `${folder}/nothing`, destination: undefined });
    assertEquals(missing.problems.map(({ error }) => error.code), ["not-found"]);
    assertEquals((await inspect({ source: undefined, destination: `${folder}/new` })).problems, []);
  });
});
