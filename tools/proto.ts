/**
 * The protocol's definition and the code that is generated from it.
 *
 * `deno task proto` lints `proto/blit/v2/blit.proto` and generates its code. `deno task check` lints it, fails when the
 * generated code is not what the definition gives, and when the definition breaks what the last commit promised.
 *
 * @module
 */

const PROTO = new URL("../proto/", import.meta.url);
const DEFINITION = "blit/v2/blit.proto";
const GENERATED = "blit/v2/blit_pb.ts";
const NUMBER = "core/wire/control/protocol.ts";

/** The version that the generator is pinned to, read where everything is pinned. */
const { imports } = JSON.parse(Deno.readTextFileSync(new URL("../deno.json", import.meta.url)));

async function run(command: string, args: string[], cwd: URL | string = PROTO): Promise<Deno.CommandOutput> {
  return await new Deno.Command(command, { args, cwd }).output();
}

async function buf(...args: string[]): Promise<void> {
  const { success, stdout, stderr } = await run(Deno.execPath(), [
    "run",
    "--quiet",
    "-A",
    imports["@bufbuild/buf"],
    ...args,
  ]);
  if (success) return;
  await Deno.stderr.write(stdout);
  await Deno.stderr.write(stderr);
  console.error(`Cannot go on: buf ${args[0]} fails`);
  Deno.exit(1);
}

async function generate(into: string): Promise<void> {
  const plugin = {
    local: [Deno.execPath(), "run", "--quiet", "-A", imports["@bufbuild/protoc-gen-es"]],
    out: into,
    opt: ["target=ts", "import_extension=ts"],
  };
  await buf("generate", "--template", JSON.stringify({ version: "v2", plugins: [plugin] }));
}

/** Fails when the committed code is not what the definition gives now. */
async function checkGenerated(): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "blit-proto-" });
  try {
    await generate(directory);
    const [fresh, committed] = await Promise.all([
      Deno.readTextFile(`${directory}/${GENERATED}`),
      Deno.readTextFile(new URL(GENERATED, PROTO)).catch(() => ""),
    ]);
    if (fresh === committed) return;
    console.error(`proto/${GENERATED} is not what proto/${DEFINITION} gives: run "deno task proto" and commit it`);
    Deno.exit(1);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** A file as a commit has it; `undefined` where there is none, or no such commit. */
async function readFrom(commit: string, path: string): Promise<string | undefined> {
  const { success, stdout } = await run("git", ["show", `${commit}:${path}`], new URL("..", PROTO));
  return success ? new TextDecoder().decode(stdout) : undefined;
}

/** The definition before the latest change: the last commit's, or where nothing has changed since, the one before it. */
async function findBase(): Promise<{ commit: string; definition: string } | undefined> {
  const path = `proto/${DEFINITION}`;
  const last = await readFrom("HEAD", path);
  if (last === undefined) return undefined;
  if (last !== await Deno.readTextFile(new URL(DEFINITION, PROTO))) return { commit: "HEAD", definition: last };
  const { stdout } = await run("git", ["log", "-1", "--format=%H", "--", path], new URL("..", PROTO));
  const commit = `${new TextDecoder().decode(stdout).trim()}^`;
  const definition = await readFrom(commit, path);
  return definition === undefined ? undefined : { commit, definition };
}

/** Fails when a client of the base would misunderstand the definition, unless the protocol number says so. */
async function checkBreaking(): Promise<void> {
  const base = await findBase();
  if (base === undefined) return console.log("No earlier definition of the protocol to compare with");
  const numberOf = (text: string | undefined) => /PROTOCOL_NUMBER = (\d+)/.exec(text ?? "")?.[1];
  const now = numberOf(await Deno.readTextFile(new URL(`../${NUMBER}`, PROTO)));
  if (numberOf(await readFrom(base.commit, NUMBER)) !== now) return;
  const directory = await Deno.makeTempDir({ prefix: "blit-proto-" });
  try {
    await Deno.mkdir(`${directory}/blit/v2`, { recursive: true });
    await Deno.writeTextFile(`${directory}/${DEFINITION}`, base.definition);
    await Deno.copyFile(new URL("buf.yaml", PROTO), `${directory}/buf.yaml`);
    await buf("breaking", "--against", directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

switch (Deno.args[0]) {
  case "generate":
    await buf("lint");
    await generate(".");
    break;
  case "check":
    await buf("lint");
    await checkGenerated();
    await checkBreaking();
    break;
  default:
    console.error("Usage: deno run -A tools/proto.ts generate|check");
    Deno.exit(2);
}
