/**
 * The page about events beside the types that it is about.
 *
 * @module
 */

import { assert, assertEquals } from "./helpers/assert.ts";
import { PROJECT } from "./helpers/program.ts";
import { EVENT_SCHEMA_VERSION } from "../core/events.ts";

/** A type as `deno doc --json` gives it, as far as it matters here. */
interface Type {
  kind: string;
  // deno-lint-ignore no-explicit-any -- depends on the kind
  value?: any;
}

/** What an object type consists of: fields of its own, and other object types. */
interface Shape {
  fields: string[];
  includes: string[];
}

const types = readTypes(["core/events.ts", "core/errors.ts", "core/fs/types.ts", "core/fs/volume.ts"]);
const page = Deno.readTextFileSync(`${PROJECT}/docs/events.md`);
const sections = new Map(page.split(/^### /m).slice(1).map((text) => [/^`(.+)`/.exec(text)![1], text]));

/** Every exported type of these files. */
function readTypes(files: string[]): Map<string, Type> {
  const args = ["doc", "--json", ...files];
  const { success, stdout, stderr } = new Deno.Command(Deno.execPath(), { args, cwd: PROJECT }).outputSync();
  assert(success, new TextDecoder().decode(stderr));
  // deno-lint-ignore no-explicit-any -- the format belongs to Deno
  const nodes: Record<string, { symbols: any[] }> = JSON.parse(new TextDecoder().decode(stdout)).nodes;
  const symbols = Object.values(nodes).flatMap((node) => node.symbols);
  return new Map(symbols.map(({ name, declarations: [{ kind, def }] }) => [
    name,
    kind === "interface" ? { kind, value: def } : def.tsType ?? { kind },
  ]));
}

function shapeOf(type: Type): Shape {
  switch (type.kind) {
    case "interface":
      return {
        // deno-lint-ignore no-explicit-any -- the format belongs to Deno
        fields: type.value.properties.map(({ name }: any) => name),
        // deno-lint-ignore no-explicit-any -- the format belongs to Deno
        includes: (type.value.extends ?? []).map((parent: any) => parent.value.typeName),
      };
    case "typeLiteral":
      return shapeOf({ kind: "interface", value: type.value });
    case "typeRef":
      return { fields: [], includes: [type.value.typeName] };
    case "parenthesized":
      return shapeOf(type.value);
    case "intersection": {
      const parts: Shape[] = type.value.map(shapeOf);
      return { fields: parts.flatMap(({ fields }) => fields), includes: parts.flatMap(({ includes }) => includes) };
    }
  }
  throw new Error(`This test does not know what a "${type.kind}" is`);
}

/** The name of an event: the value of its field `type`. */
function eventName(type: Type): string {
  return /"type",.*?"string":"([a-z]+)"/.exec(JSON.stringify(type))![1];
}

/** The first column of a section's table. */
function documentedFields(section: string): string[] {
  return [...section.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
}

/** What the list of a section names before its colons. */
function documentedValues(section: string): string[] {
  const items = [...section.matchAll(/^- (.+)$/gm)].map(([, item]) => item.split(": ")[0]);
  return items.flatMap((item) => [...item.matchAll(/`([\w-]+)`/g)].map(([, value]) => value));
}

function assertDocuments(name: string, { fields, includes }: Shape): void {
  const section = sections.get(name);
  assert(section !== undefined, `docs/events.md has no section about "${name}"`);
  assertEquals(documentedFields(section).sort(), fields.filter((field) => field !== "type").sort(), name);
  for (const included of includes) assert(section.includes(`(#${included.toLowerCase()})`), `${name}: ${included}`);
}

const events: Type[] = types.get("EventBody")!.value;

Deno.test("docs/events.md has a section for each event, with each of its fields, and no other", () => {
  const names = events.map(eventName);
  for (const [i, type] of events.entries()) assertDocuments(names[i], shapeOf(type));
  const documented = [...sections.keys()].filter((name) => /^[a-z]/.test(name));
  assertEquals(documented.sort(), [...names, "error"].sort());
  assert(page.includes(`Version of the schema: ${EVENT_SCHEMA_VERSION}.`));
});

Deno.test("docs/events.md documents each field of what events consist of", () => {
  for (const name of ["EventPath", "Failure", "Counters", "TransferSummary"]) {
    assertDocuments(name, shapeOf(types.get(name)!));
  }
  assertEquals(documentedFields(sections.get("FileSystemProfile")!), shapeOf(types.get("FileSystemProfile")!).fields);
  const base = page.slice(page.indexOf("## Every event"), page.indexOf("## Types of events"));
  assertEquals(documentedFields(base), ["type", ...shapeOf(types.get("EventBase")!).fields]);
});

for (
  const name of ["Verb", "Route", "EntryAction", "EntryKind", "Difference", "RunStatus", "DeviceClass", "ErrorCode"]
) {
  Deno.test(`docs/events.md documents each value of ${name}`, () => {
    const values: string[] = types.get(name)!.value.map((type: Type) => type.value.string);
    assertEquals(documentedValues(sections.get(name)!).sort(), values.sort());
  });
}
