import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { isUnix, name } from "./_testing.ts";
import { BlitError } from "../errors.ts";
import { asByteString, encodeText } from "../paths/bytes.ts";
import { portableError } from "./portable_errors.ts";
import { spellName } from "./portable_names.ts";

/** Runs code in a Deno process that may read and write one directory only. */
function runScoped(path: string, code: string): string {
  const script = `${path}/script.ts`;
  const module = import.meta.resolve("./portable.ts");
  Deno.writeTextFileSync(script, `import { portableFileSystem } from "${module}"; ${code}`);
  const args = ["run", "--no-prompt", "--no-check", `--allow-read=${path}`, `--allow-write=${path}`, script, path];
  const { stdout, stderr } = new Deno.Command(Deno.execPath(), { args }).outputSync();
  const text = new TextDecoder().decode(stdout).trim();
  if (text === "") throw new Error(new TextDecoder().decode(stderr));
  return text;
}

function inTempDir(use: (path: string) => void): void {
  const path = Deno.realPathSync(Deno.makeTempDirSync());
  try {
    use(path);
  } finally {
    Deno.removeSync(path, { recursive: true });
  }
}

Deno.test("the portable file system works with permission for one directory", () => {
  inTempDir((path) => {
    Deno.writeTextFileSync(`${path}/file`, "content");
    const printed = runScoped(
      path,
      `
      using root = portableFileSystem.openRoot(Deno.args[0]);
      const buffer = new Uint8Array(64);
      const source = root.openFile("file", root.statEntry("file"));
      root.createDirectory("directory", 0o755);
      using directory = root.openDirectory("directory");
      const sink = directory.createFile("copy", 0o600);
      sink.write(buffer, source.read(buffer, 64));
      sink.setMode(0o640);
      sink.setTimes({ mtimeSeconds: 1e9, mtimeNanoseconds: 5e8 });
      sink.holdShared();
      sink.close();
      source.close();
      directory.rename("copy", "renamed");
      root.createHardLink(directory, "renamed", "link");
      root.removeFile("file");
      console.log([...root.list()].flatMap((batch) => batch.names).sort().join(" "));
    `,
    );
    assertEquals(printed, "directory link script.ts");
    assertEquals(Deno.readTextFileSync(`${path}/directory/renamed`), "content");
    assertEquals(Deno.lstatSync(`${path}/link`).mtime?.getTime(), 1e12 + 500);
  });
});

Deno.test("a symbolic link that Deno refuses to create is one failed entry with a way out", () => {
  inTempDir((path) => {
    const printed = runScoped(
      path,
      `
      using root = portableFileSystem.openRoot(Deno.args[0]);
      try {
        root.createSymlink("link", "target");
      } catch (error) {
        console.log(JSON.stringify([error.code, error.message, error.hint]));
      }
    `,
    );
    const [code, message, hint] = JSON.parse(printed);
    assertEquals(code, "unsupported");
    assertStringIncludes(message, `Cannot create symbolic link "${path}/link": Deno creates symbolic links only`);
    assertStringIncludes(hint, "--allow-write");
  });
});

Deno.test("a path outside of the permissions names the flag to grant", () => {
  inTempDir((path) => {
    const printed = runScoped(
      path,
      `
      try {
        portableFileSystem.openRoot("/");
      } catch (error) {
        console.log(JSON.stringify([error.code, error.message, error.hint]));
      }
    `,
    );
    assertEquals(JSON.parse(printed), [
      "permission-denied",
      'Cannot open directory "/": Deno has no permission for this path',
      "Grant --allow-read for this path, or use -A",
    ]);
  });
});

Deno.test("the suite passes also where not everything is allowed", () => {
  // Deno then resolves every path itself before it opens it, so that flags such as O_NOFOLLOW mean something else.
  const suite = [...Deno.readDirSync(new URL(".", import.meta.url))]
    .filter((entry) => /^suite_.*_test\.ts$/.test(entry.name))
    .map((entry) => import.meta.resolve(`./${entry.name}`));
  const permissions = ["--allow-read", "--allow-write", "--allow-run", "--allow-env", "--allow-sys"];
  const args = ["test", "--no-prompt", "--no-check", ...permissions, ...suite];
  const { success, stdout } = new Deno.Command(Deno.execPath(), { args, env: { NO_COLOR: "1" } }).outputSync();
  const text = new TextDecoder().decode(stdout);
  assert(success, text);
  assert(!text.includes("native: "), "FFI is not allowed");
});

Deno.test("portableError() maps every errno to its code", () => {
  const errnos: Record<string, string> = {
    EACCES: "permission-denied",
    EDQUOT: "quota",
    EFBIG: "too-large",
    ENOSPC: "no-space",
    EROFS: "read-only",
    ELOOP: "loop",
    EXDEV: "cross-device",
    EBUSY: "busy",
    EIO: "io",
  };
  for (const [errno, code] of Object.entries(errnos)) {
    const cause = Object.assign(new Error("text of the system"), { code: errno });
    const error = portableError(cause, "write", "a");
    assertEquals([error.code, error.cause], [code, cause]);
  }
});

Deno.test("portableError() says what the system said where no code fits", () => {
  const crowded = portableError(Object.assign(new Error("x"), { code: "EMFILE" }), "open", "a");
  assertEquals([crowded.code, crowded.message], ["io", 'Cannot open "a": too many open files']);
  const strange = portableError(new Error("Stale file handle (os error 116)"), "open", "a");
  assertEquals([strange.code, strange.message], ["io", 'Cannot open "a": Stale file handle (os error 116)']);
});

Deno.test("portableError() passes a BlitError on", () => {
  const error = new BlitError("changed", "Cannot read");
  assertEquals(portableError(error, "write", "a"), error);
});

Deno.test("spellName() refuses what is not one name", () => {
  for (const each of ["", ".", "..", "a/b", "/", "a\0b", "\xff"]) {
    assertEquals(spellName(asByteString(each), "linux"), undefined, JSON.stringify(each));
  }
  for (const each of ["...", "a\\b", "C:x", "-", "\n", "a ", "ü", "\ufeff"]) {
    assertEquals(spellName(encodeText(each), "linux"), each);
  }
});

Deno.test("spellName() refuses what Windows keeps for itself", () => {
  for (const each of ["a\\b", "..\\..\\x", "a:stream", "C:", "con", "NUL.txt", "a.", "a ", "x?", "a\nb"]) {
    assertEquals(spellName(name(each), "windows"), undefined, JSON.stringify(each));
  }
  for (const each of ["a b.txt", "console", "ü", ".config"]) assertEquals(spellName(name(each), "windows"), each);
  assert(isUnix || spellName(name("a:b")) === undefined);
});
