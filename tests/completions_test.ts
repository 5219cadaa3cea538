/**
 * Completions in the real shells: what the shell makes of a line in which Tab was pressed.
 *
 * @module
 */

import { serve } from "../mod.ts";
import { assert, assertEquals, assertMatch } from "./helpers/assert.ts";
import { has, type Need, testWhere } from "./helpers/needs.ts";
import { blit, commandLine, denoDirectory } from "./helpers/program.ts";
import { Scratch } from "./helpers/scratch.ts";
import { Terminal } from "./helpers/tty.ts";

/** Names that do harm, or are lost, wherever a shell takes them for more than text. */
const HOSTILE = [
  "$(touch pwned)`touch pwned`;touch pwned&$HOME #no",
  "ünï ✓ 字 a'b\"c*[a-z]?{x,y}:b=c@d,e \\(touch pwned)",
  "!touch pwned!",
  "~root\\",
  " '$(touch pwned)\"",
  "\"`touch pwned`  '",
];

/** How long a server that does not answer in time is asked again: on a very busy machine 300 ms are little. */
const PATIENCE_MS = 60_000;

interface ShellSetUp {
  readonly needs: readonly Need[];
  readonly command: readonly string[];
  /** Lines that load the completions, as its users would. */
  readonly load: readonly string[];
}

const SHELLS: Readonly<Record<string, ShellSetUp>> = {
  "bash": {
    needs: ["tmux"],
    command: ["bash", "--norc"],
    load: ["source <(blit completions bash)"],
  },
  "bash with bash-completion": {
    needs: ["tmux", "bash-completion"],
    command: ["bash", "--norc"],
    load: ["source /usr/share/bash-completion/bash_completion", "source <(blit completions bash)"],
  },
  "zsh": {
    needs: ["tmux", "zsh"],
    command: ["zsh", "-f"],
    // By default the slash behind a directory goes when Enter follows it.
    load: ["setopt no_auto_remove_slash; autoload -Uz compinit; compinit -u -D", "source <(blit completions zsh)"],
  },
  "fish": {
    needs: ["tmux", "fish"],
    command: ["fish"],
    load: ["set -g fish_greeting", "blit completions fish | source"],
  },
};

/** A terminal with a shell in which `blit` answers questions, and otherwise notes its arguments in a file. */
class CompletingShell implements Disposable {
  readonly #scratch: Scratch;
  readonly #terminal: Terminal;

  constructor(scratch: Scratch, { command }: ShellSetUp, hosts: string) {
    this.#scratch = scratch;
    // What the machine's own network tells is nothing that a test may ask for.
    const [deno, ...args] = commandLine([], { permissions: ["-A", "--deny-sys=networkInterfaces"] });
    const quoted = args.map((arg) => `'${arg}'`).join(" ");
    const script = `#!/bin/sh
if [ "$1" = completions ] && [ "$2" != powershell ]; then exec '${deno}' ${quoted} "$@"; fi
printf '%s\\0' "$@" > '${scratch.path}/args.new' && mv '${scratch.path}/args.new' '${scratch.path}/args'
`;
    Deno.writeTextFileSync(`${scratch.directory("bin")}/blit`, script, { mode: 0o755 });
    const home = scratch.directory("home");
    Deno.writeTextFileSync(`${scratch.directory("home", ".config", "blit")}/hosts`, hosts);
    const env = {
      HOME: home,
      XDG_CONFIG_HOME: `${home}/.config`,
      XDG_DATA_HOME: `${home}/.data`,
      DENO_DIR: denoDirectory(),
      LC_ALL: "C.UTF-8",
      PATH: `${scratch.path}/bin:${Deno.env.get("PATH")}`,
    };
    this.#terminal = new Terminal(scratch.directory("desk"), env, command);
  }

  /** Types a line and waits until it has been carried out. */
  async run(line: string): Promise<void> {
    this.#terminal.type(`${line}; blit ready`);
    assertEquals(await this.#arguments(), ["ready"]);
  }

  /**
   * Types each text with Tab behind it, then Enter, and returns what the program gets. A shell takes its keys in their order, so
   * nothing has to be waited for. A server that has not answered in time on a busy machine is asked again.
   *
   * @param end typed before Enter
   */
  async complete(texts: readonly string[], wanted: readonly string[], end = ""): Promise<void> {
    let found: string[] = [];
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline;) {
      texts.forEach((text, i) => this.#terminal.typeAndTab(i === 0 ? `blit ${text}` : text));
      this.#terminal.type(end);
      // Where an answer came too late, a list of choices may have taken the Enter: then nothing is run.
      found = await this.#arguments(5000).catch((error) => [error.message]);
      if (JSON.stringify(found) === JSON.stringify(wanted)) return;
      // An open quote, for one, keeps the next line from being a line.
      this.#terminal.press("C-c");
      this.#terminal.press("C-c");
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    assertEquals(found, wanted, `${texts.join("<Tab>")}\n${this.#terminal.screen()}`);
  }

  /** What Tab, pressed twice, shows. */
  async show(text: string, pattern: RegExp): Promise<void> {
    for (const deadline = Date.now() + PATIENCE_MS;;) {
      this.#terminal.typeAndTab(`blit ${text}`);
      this.#terminal.typeAndTab("");
      const isShown = await this.#terminal.waitFor(pattern, 5000).then(() => true, () => false);
      this.#terminal.press("C-c");
      this.#terminal.press("C-c");
      if (isShown) return;
      if (Date.now() > deadline) throw new Error(`${pattern} is never shown:\n${this.#terminal.screen()}`);
    }
  }

  async #arguments(longestMs = 30_000): Promise<string[]> {
    const path = `${this.#scratch.path}/args`;
    for (const deadline = Date.now() + longestMs; Date.now() < deadline;) {
      const text = await Deno.readTextFile(path).catch(() => undefined);
      if (text !== undefined) {
        await Deno.remove(path);
        return text.split("\0").slice(0, -1);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`The program is never run:\n${this.#terminal.screen()}`);
  }

  [Symbol.dispose](): void {
    this.#terminal[Symbol.dispose]();
  }
}

async function startShell(scratch: Scratch, setUp: ShellSetUp, hosts: string): Promise<CompletingShell> {
  const shell = new CompletingShell(scratch, setUp, hosts);
  for (const line of setUp.load) await shell.run(line);
  return shell;
}

for (const [name, setUp] of Object.entries(SHELLS)) {
  testWhere(setUp.needs, `${name} completes verbs, flags, values, local paths and servers`, async () => {
    using scratch = new Scratch();
    using shell = await startShell(scratch, setUp, "# mine\nattic\nnas.example:9040 # with a port\n\nno server!\n");
    Deno.mkdirSync(scratch.join("desk", "Local Directory"));
    Deno.writeTextFileSync(scratch.join("desk", "Local Directory", "list of files"), "");
    await shell.complete(["mirr", "--max-del", " 3 --allow-em"], [
      "mirror",
      "--max-delete",
      "3",
      "--allow-empty-source",
    ]);
    await shell.complete(["dia", "du"], ["diagnostics", "dump"]);
    await shell.complete(["help dia", "pe"], ["help", "diagnostics", "perf"]);
    await shell.complete(["copy Loc"], ["copy", "Local Directory/"]);
    await shell.complete(["copy Loc", "li"], ["copy", "Local Directory/list of files"]);
    await shell.complete(["copy --config-dir Lo"], ["copy", "--config-dir", "Local Directory/"]);
    await shell.complete(["copy --config-dir=Lo"], ["copy", "--config-dir=Local Directory/"]);
    await shell.complete(["copy --files-from Lo", "l"], ["copy", "--files-from", "Local Directory/list of files"]);
    await shell.complete(["list att"], ["list", "attic:"]);
    await shell.complete(["copy x nas"], ["copy", "x", "nas.example:9040:"]);
    await shell.complete(["comple", "po"], ["completions", "powershell"]);
    await shell.complete(["jobs wa", "att", "--qu"], ["jobs", "watch", "attic", "--quiet"]);
    await using daemon = await serve({ modules: { "a-module": scratch.path }, port: 0 });
    const server = `127.0.0.1:${daemon.port}`;
    await shell.complete([`copy ${server}:/a`, "d"], ["copy", `${server}:/a-module/desk/`]);
    // Nothing is known, and nothing is said.
    await shell.complete(["copy 127.0.0.1:1:/w"], ["copy", "127.0.0.1:1:/w"]);
  });

  // What bash-completion changes, it changes for the words of all lines alike.
  if (name === "bash with bash-completion") continue;

  testWhere(
    setUp.needs,
    `${name} completes what is on a server, whatever it is called, and runs none of it`,
    async () => {
      using scratch = new Scratch();
      const module = scratch.directory("module");
      for (const [i, hostile] of HOSTILE.entries()) {
        Deno.mkdirSync(`${module}/h${i}`);
        Deno.writeTextFileSync(`${module}/h${i}/${hostile}`, "");
      }
      Deno.mkdirSync(`${module}/My Photos/2024`, { recursive: true });
      Deno.mkdirSync(`${module}/all`);
      for (const hostile of [...HOSTILE, "line\nbreak", "\x1b[2J"]) {
        Deno.writeTextFileSync(`${module}/all/${hostile}`, "");
      }
      await using daemon = await serve({ modules: { media: module, "": module }, port: 0 });
      const server = `127.0.0.1:${daemon.port}`;
      using shell = await startShell(scratch, setUp, `${server}\n`);
      await shell.complete([`copy ${server}:/me`, "My", "2"], ["copy", `${server}:/media/My Photos/2024/`]);
      // Behind a directory in quotes most shells leave them open, since there may be more to come.
      const end = name.startsWith("bash") ? "" : '"';
      await shell.complete([`copy "${server}:/me`, "My", "2"], ["copy", `${server}:/media/My Photos/2024/`], end);
      await shell.complete([`copy ${server}://My`], ["copy", `${server}://My Photos/`]);
      await shell.complete([`copy -n --exclude x ${server}:/media/My`], [
        "copy",
        "-n",
        "--exclude",
        "x",
        `${server}:/media/My Photos/`,
      ]);
      for (const [quote, tried] of [["", [0, 1, 2, 3, 4, 5]], ['"', [0, 2, 4]], ["'", [1, 5]]] as const) {
        for (const i of tried) {
          const wanted = `${server}:/media/h${i}/${HOSTILE[i]}`;
          await shell.complete([`list ${quote}${server}:/media/h${i}/`], ["list", wanted]);
        }
      }
      await shell.show(`list ${server}:/media/all/`, /字/);
      assert(!existsSync(scratch.join("desk", "pwned")), "a name was run");
    },
  );
}

Deno.test("completions query answers with whole words, one a line, and leaves out what a terminal would obey", async () => {
  using scratch = new Scratch();
  const module = scratch.directory("module");
  Deno.mkdirSync(`${module}/a directory`);
  const names = Deno.build.os === "windows" ? ["a file"] : ["a file", "a\nbreak", "a\x1b[31m", "a\u202eb"];
  for (const file of names) Deno.writeTextFileSync(`${module}/${file}`, "");
  await using daemon = await serve({ modules: { media: module, meadow: module, "": module }, port: 0 });
  const server = `127.0.0.1:${daemon.port}`;
  const ask = async (question: string): Promise<string[]> => {
    const { code, stdout, stderr } = await blit(["completions", "query", "--", question]);
    assertEquals([code, stderr], [0, ""]);
    return stdout.split("\n").slice(0, -1);
  };
  /** On a busy machine an answer can come too late, which is no answer. */
  const answersOf = async (question: string): Promise<string[]> => {
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline;) {
      const answers = await ask(question);
      if (answers.length > 0) return answers;
    }
    return [];
  };
  assertEquals(await answersOf(`place:${server}:`), [`${server}://`, `${server}:/meadow/`, `${server}:/media/`]);
  assertEquals(await answersOf(`place:${server}:/med`), [`${server}:/media/`]);
  const inside = [`${server}:/media/a directory/`, `${server}:/media/a file`];
  assertEquals(await answersOf(`place:${server}:/media/a`), inside);
  assertEquals(await answersOf(`place:${server}:/media/./a d`), [`${server}:/media/./a directory/`]);
  for (const nothing of ["/media/../a", "/nothing/a", "/media/nothing/", "x", "/media/z"]) {
    assertEquals(await ask(`place:${server}:${nothing}`), [], nothing);
  }
  assertEquals(await ask(`job:${server}`), []);
  assertEquals((await blit(["completions", "query", "--", "nonsense"])).code, 2);
  assertEquals((await blit(["completions", "query"])).code, 2);
  const unknown = await blit(["completions", "csh"]);
  assertEquals(unknown.code, 2);
  assertMatch(unknown.stderr, /"csh": it is no shell that Blit knows\n.*bash, zsh, fish, powershell/);
});

Deno.test("completions query gives up a server that accepts and says nothing", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) accepted.push(connection);
  })().catch(() => {});
  const question = `place:127.0.0.1:${listener.addr.port}:/m`;
  const before = performance.now();
  const { code, stdout, stderr } = await blit(["completions", "query", "--", question]);
  // Without the bound of completions it would be the one of every other verb, which is ten seconds.
  assert(performance.now() - before < 8000, "a silent server keeps the shell waiting");
  assertEquals([code, stdout, stderr, accepted.length > 0], [0, "", "", true]);
  for (const connection of accepted) connection.close();
  listener.close();
  await accepting;
});

Deno.test("completions powershell prints a script whose quotes and brackets match", async () => {
  const { stdout } = await blit(["completions", "powershell"]);
  const closing: Record<string, string> = { "(": ")", "{": "}", "[": "]" };
  const open: string[] = [];
  // Comments and texts away, doubled quotes among them; what is left has brackets only where they count.
  const bare = stdout.replace(/^#.*$|^ +# .*$/gm, "").replace(/'(?:[^']|'')*'|"(?:[^"`]|`.)*"/g, "''");
  assertEquals(/['"]/.test(bare.replaceAll("''", "")), false, "a quote is left open");
  for (const character of bare) {
    if (closing[character] !== undefined) open.push(closing[character]);
    else if (")}]".includes(character)) assertEquals(character, open.pop());
  }
  assertEquals(open, []);
  for (const text of ["'jobs watch'", "'--max-delete'", "Register-ArgumentCompleter -Native -CommandName 'blit'"]) {
    assert(stdout.includes(text), text);
  }
  if (!has("pwsh")) return;
  const parse =
    "$e=$null; [void][Management.Automation.Language.Parser]::ParseInput([Console]::In.ReadToEnd(),[ref]$null,[ref]$e); $e.Count";
  const child = new Deno.Command("pwsh", { args: ["-NoProfile", "-Command", parse], stdin: "piped", stdout: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdout));
  await writer.close();
  assertEquals(new TextDecoder().decode((await child.output()).stdout).trim(), "0");
});

function existsSync(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false; // not there
  }
}
