/**
 * A daemon beside a benchmark, with what it costs.
 *
 * @module
 */

const PROGRAM = new URL("../../daemon/main.ts", import.meta.url).pathname;
/** `/proc` counts in hundredths of a second. */
const TICK_MS = 10;

/** A running daemon; `await using` ends it. */
export class BenchDaemon implements AsyncDisposable {
  private constructor(readonly child: Deno.ChildProcess, readonly port: number) {}

  /** Exports a directory as the default root and waits until the daemon is ready. */
  static async start(directory: string): Promise<BenchDaemon> {
    const own = ["--no-mdns", "--root", directory, "--bind", "127.0.0.1", "--port", "0"];
    const args = ["run", "-A", "--quiet", PROGRAM, ...own];
    const child = new Deno.Command(Deno.execPath(), { args, stdin: "null", stdout: "null", stderr: "piped" }).spawn();
    const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    let log = "";
    for (;;) {
      const { value, done } = await reader.read();
      log += value ?? "";
      const [, port] = /"port":(\d+)/.exec(log) ?? [];
      if (port !== undefined) {
        reader.releaseLock();
        return new BenchDaemon(child, Number(port));
      }
      if (done) throw new Error(`Cannot start a daemon: ${log}`);
    }
  }

  /** Its exported directory. */
  get target(): string {
    return `127.0.0.1:${this.port}://`;
  }

  /** User and system time so far, in milliseconds. */
  cpuMs(): number {
    const fields = Deno.readTextFileSync(`/proc/${this.child.pid}/stat`).replace(/^.*\) /, "").split(" ");
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  }

  /** The most memory it has held, in bytes. */
  peakBytes(): number {
    const [, kib] = /VmHWM:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/${this.child.pid}/status`)) ?? [];
    return Number(kib) * 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGTERM");
    await this.child.status;
  }
}
