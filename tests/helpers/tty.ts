/**
 * A real terminal around a command, by tmux on a server of its own.
 *
 * @module
 */

import { runTool } from "./shell.ts";

/** A terminal that `using` closes with everything in it. */
export class Terminal implements Disposable {
  readonly #socket = `blit-test-${Deno.pid}-${crypto.randomUUID().slice(0, 8)}`;

  /** Opens a terminal of 100 columns and 30 rows with a plain shell; without `NO_COLOR`, unless it is in `env`. */
  constructor(cwd: string, env: Record<string, string>, shell: readonly string[] = ["bash", "--norc"]) {
    const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const size = ["-x", "100", "-y", "30"];
    this.#tmux(
      "-f",
      "/dev/null",
      "new-session",
      "-d",
      ...size,
      "-c",
      cwd,
      "env",
      "-u",
      "NO_COLOR",
      ...assignments,
      "PS1=$ ",
      ...shell,
    );
  }

  /** Types a line, which may be empty, and Enter. */
  type(line: string): void {
    if (line !== "") this.#tmux("send-keys", "-l", "--", line);
    this.press("Enter");
  }

  /** Types a text, which may be empty, and presses Tab. */
  typeAndTab(text: string): void {
    if (text !== "") this.#tmux("send-keys", "-l", "--", text);
    this.press("Tab");
  }

  /** Presses a key by tmux's name for it, such as `C-c`. */
  press(key: string): void {
    this.#tmux("send-keys", key);
  }

  /** Makes the window wider, narrower, higher or lower, as a person does with a mouse. */
  resize(columns: number, rows = 30): void {
    this.#tmux("resize-window", "-x", `${columns}`, "-y", `${rows}`);
  }

  /** Clears the screen and waits until nothing but the prompt is on it: what an earlier command printed can't match. */
  async clear(): Promise<void> {
    this.type("clear");
    await this.waitFor(/^\$$/);
  }

  /** What the screen shows, without blank lines at its end. */
  screen(): string {
    return this.#tmux("capture-pane", "-p").trimEnd();
  }

  /** The screen line by line, with blanks at the ends of lines cut off. */
  lines(): string[] {
    return this.screen().split("\n").map((line) => line.trimEnd());
  }

  /** Waits until the screen matches; fails with what it shows instead. */
  async waitFor(pattern: RegExp, timeoutMs = 20_000): Promise<string> {
    const end = Date.now() + timeoutMs;
    while (Date.now() < end) {
      const screen = this.screen();
      if (pattern.test(screen)) return screen;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    throw new Error(`The terminal never shows ${pattern}:\n${this.screen()}`);
  }

  [Symbol.dispose](): void {
    runTool("tmux", ["-L", this.#socket, "kill-server"]);
  }

  #tmux(...args: string[]): string {
    const { code, stdout, stderr } = runTool("tmux", ["-u", "-L", this.#socket, ...args]);
    if (code !== 0) throw new Error(`tmux ${args[0]} exits with ${code}: ${stderr}`);
    return new TextDecoder().decode(stdout);
  }
}
