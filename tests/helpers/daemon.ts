/**
 * `blit-daemon` as a real process on a free port.
 *
 * @module
 */

import { PROJECT } from "./program.ts";

/** One line of the daemon's log. */
export interface LogLine {
  level: string;
  message: string;
  [property: string]: unknown;
}

/** A daemon that has ended. */
export interface DaemonResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Options of {@linkcode startDaemon}. */
export interface DaemonOptions {
  args?: readonly string[];
  cwd?: string;
  /** Deno's permission flags. @default `-A` */
  permissions?: readonly string[];
  env?: Record<string, string>;
  /** A command that runs it, such as one that enters a network namespace. */
  under?: readonly string[];
  /** Let it speak to the network that it is in, which must be one of the test's own. @default false */
  mdns?: boolean;
}

const START_MS = 20_000;
const STOP_MS = 10_000;

/** A running daemon; `await using` ends it. */
export class RunningDaemon implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: string[] = [];
  readonly #reading: Promise<void>;
  #arrived = Promise.withResolvers<void>();
  /** The port that it listens on. */
  port = 0;

  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    child.stdout.cancel();
    this.#reading = this.#read();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Everything it has logged. */
  get log(): LogLine[] {
    return this.#lines.map((line) => JSON.parse(line));
  }

  /** The same as it was written. */
  get logText(): string {
    return this.#lines.join("\n");
  }

  /** The first line with this message, from `start` on, once it is there; fails after 20 s. */
  async logged(message: string, start = 0): Promise<LogLine> {
    const deadline = Date.now() + START_MS;
    for (;;) {
      const line = this.log.slice(start).find((candidate) => candidate.message === message);
      if (line) return line;
      if (Date.now() > deadline) throw new Error(`"${message}" is never logged: ${this.#lines.join("\n")}`);
      await Promise.race([this.#arrived.promise, new Promise((resolve) => setTimeout(resolve, 100))]);
    }
  }

  signal(name: Deno.Signal): void {
    this.#child.kill(name);
  }

  /** Asks it to end and resolves with its exit status. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<number> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS);
    try {
      this.#child.kill(signal);
    } catch {
      // it has ended already, with a status that tells why
    }
    const { code } = await this.#child.status;
    await this.#reading;
    clearTimeout(timer);
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #read(): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      this.#lines.push(...lines.filter((line) => line !== ""));
      this.#arrived.resolve();
      this.#arrived = Promise.withResolvers();
    }
    if (rest !== "") this.#lines.push(rest);
  }
}

/** Starts a daemon on a free port of the loopback and waits until it is ready. */
export async function startDaemon(options: DaemonOptions = {}): Promise<RunningDaemon> {
  const daemon = new RunningDaemon(spawn(["--bind", "127.0.0.1", "--port", "0", ...options.args ?? []], options));
  try {
    daemon.port = Number((await daemon.logged("Ready")).port);
    return daemon;
  } catch (error) {
    await daemon.stop("SIGKILL");
    throw error;
  }
}

/** Runs a daemon that is expected to end by itself. */
export async function runDaemon(args: readonly string[], options: DaemonOptions = {}): Promise<DaemonResult> {
  const child = spawn(args, options);
  const timer = setTimeout(() => child.kill("SIGKILL"), START_MS);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

function spawn(args: readonly string[], options: DaemonOptions): Deno.ChildProcess {
  const { cwd, env, permissions = ["-A"], under = [], mdns = false } = options;
  const deno = [Deno.execPath(), "run", "--quiet", ...permissions, `${PROJECT}/daemon/main.ts`];
  const [command, ...rest] = [...under, ...deno, ...mdns ? [] : ["--no-mdns"], ...args];
  return new Deno.Command(command, {
    args: rest,
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}
