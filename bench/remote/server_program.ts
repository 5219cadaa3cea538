/**
 * A server as a child process: started, used, ended by its id.
 *
 * @module
 */

import { type Command, firstLine } from "../commands.ts";
import { isWorking, listProcessTree, readProcessCpuMs } from "../processes.ts";

const START_MS = 20_000;
const STOP_MS = 10_000;
const IDLE_LOOK_MS = 50;
const MOST_IDLE_MS = 5_000;

/** Options of {@linkcode ServerProgram.start}. */
export interface ServerOptions {
  /** Where it listens; it is ready when it can be reached on all of these. */
  listens: readonly Deno.ConnectOptions[];
  /** Added to the environment. */
  env?: Record<string, string>;
  /** Ends the wait until it is ready; the promise then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** A running server. Disposing of it ends it and waits for its end. */
export class ServerProgram implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  /** Read to its end, or a server that logs would stop when the pipe is full. */
  readonly #stderr: Promise<string>;
  #exitStatus: number | undefined;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#stderr = readBeginning(child.stderr);
    child.status.then(({ code }) => this.#exitStatus = code);
  }

  /** Starts a server and waits until it can be reached. Throws an `Error` with its first complaint when it ends. */
  static async start({ program, args }: Command, options: ServerOptions): Promise<ServerProgram> {
    const server = new ServerProgram(spawn(program, args, options.env));
    try {
      for (const address of options.listens) await server.#untilReachable(address, options.signal);
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid;
  }

  /**
   * User and system time in milliseconds that it has used so far, with the processes that it started and waited for;
   * read once it works no more, since a server may have something to do after its client has ended.
   */
  async readIdleCpuMs(): Promise<number> {
    const deadline = performance.now() + MOST_IDLE_MS;
    for (let seenMs = readProcessCpuMs(this.pid);;) {
      await waitMs(IDLE_LOOK_MS);
      const cpuMs = readProcessCpuMs(this.pid);
      const idle = cpuMs === seenMs && !isWorking(this.pid) && listProcessTree(this.pid).length === 1;
      if (idle || performance.now() > deadline) return cpuMs;
      seenMs = cpuMs;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => this.#kill("SIGKILL"), STOP_MS);
    this.#kill("SIGTERM");
    await this.#child.status;
    clearTimeout(timer);
    await this.#stderr;
  }

  async #untilReachable(address: Deno.ConnectOptions, signal?: AbortSignal): Promise<void> {
    const deadline = performance.now() + START_MS;
    for (;;) {
      signal?.throwIfAborted();
      if (this.#exitStatus !== undefined) throw new Error(firstLine(await this.#stderr, this.#exitStatus));
      try {
        return (await Deno.connect(address)).close();
      } catch (error) {
        if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      }
      if (performance.now() > deadline) throw new Error(`it does not listen on port ${address.port}`);
      await waitMs(20);
    }
  }

  #kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended by itself.
    }
  }
}

function spawn(program: string, args: readonly string[], env?: Record<string, string>): Deno.ChildProcess {
  try {
    return new Deno.Command(program, { args: [...args], env, stdin: "null", stdout: "null", stderr: "piped" }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Error(`Cannot run ${program}: it is not installed`);
    throw error;
  }
}

/** Reads everything and keeps the beginning. */
async function readBeginning(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    if (text.length < 4096) text += part;
  }
  return text;
}

function waitMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
