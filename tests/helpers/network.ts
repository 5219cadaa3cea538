/**
 * Networks of a test's own: machines in network namespaces, with cables between them. Nothing that is sent in them leaves them.
 *
 * @module
 */

import { type DaemonOptions, type RunningDaemon, startDaemon } from "./daemon.ts";
import { blit, type ProgramOptions, type ProgramResult, type RunningProgram, startBlit } from "./program.ts";
import { requireTool, runTool, type ToolOutput } from "./shell.ts";

/** A network namespace, and a mount namespace with a `/run` of its own. */
export class Machine implements AsyncDisposable {
  readonly #holder: Deno.ChildProcess;
  readonly #children: Deno.ChildProcess[] = [];
  #interfaces = 0;

  private constructor(holder: Deno.ChildProcess) {
    this.#holder = holder;
  }

  /** One with a loopback that is up, unless it is to have nothing at all. */
  static async create({ loopback = true } = {}): Promise<Machine> {
    // It ends with its standard input, so at the latest with the tests.
    const up = loopback ? "ip link set lo up &&" : "";
    const script = `mount -t tmpfs blit-test /run && ${up} echo ready && exec cat`;
    const args = ["--net", "--mount", "sh", "-c", script];
    const holder = new Deno.Command("unshare", { args, stdin: "piped", stdout: "piped", stderr: "null" }).spawn();
    const machine = new Machine(holder);
    const reader = holder.stdout.getReader();
    const { value } = await reader.read();
    if (value !== undefined) return machine;
    await machine[Symbol.asyncDispose]();
    throw new Error("A network namespace cannot be made");
  }

  get pid(): number {
    return this.#holder.pid;
  }

  /** What a command has to begin with to be run there. */
  get under(): string[] {
    return ["nsenter", "-t", String(this.#holder.pid), "-n", "-m", "--"];
  }

  /** The name of its next interface. */
  nextInterface(): string {
    return `v${this.#interfaces++}`;
  }

  /** Runs a tool there to its end. */
  run(...command: string[]): ToolOutput {
    const [program, ...args] = [...this.under, ...command];
    return runTool(program, args);
  }

  /** Runs a tool there that must succeed, and returns what it printed. */
  require(...command: string[]): string {
    const [program, ...args] = [...this.under, ...command];
    return new TextDecoder().decode(requireTool(program, args));
  }

  /** Starts a tool there that is ended with the machine. */
  start(...command: string[]): Deno.ChildProcess {
    const [program, ...args] = [...this.under, ...command];
    const options = { args, stdin: "null", stdout: "piped", stderr: "null", env: { LC_ALL: "C.UTF-8" } } as const;
    const child = new Deno.Command(program, options).spawn();
    this.#children.push(child);
    return child;
  }

  /** Runs `blit` there. */
  blit(args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
    return blit(args, { ...options, under: this.under });
  }

  /** Starts `blit` there. */
  startBlit(args: readonly string[], options: ProgramOptions = {}): RunningProgram {
    return startBlit(args, { ...options, under: this.under });
  }

  /** Starts a daemon there that says so in the network. */
  daemon(args: readonly string[], options: DaemonOptions = {}): Promise<RunningDaemon> {
    return startDaemon({ mdns: true, ...options, under: this.under, args: ["--bind", "::", ...args] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children.toReversed()) {
      try {
        child.kill("SIGKILL");
      } catch {
        // it has ended already
      }
      if (!child.stdout.locked) await child.stdout.cancel();
      await child.status;
    }
    await this.#holder.stdin.close();
    await this.#holder.status;
  }
}

/** A cable between two machines, `10.NETWORK.0.1` and `10.NETWORK.0.2` at its ends; without a network IPv6 only. */
export function connect(a: Machine, b: Machine, network?: number): void {
  const ends = [a, b].map((machine) => ({ machine, name: machine.nextInterface() }));
  const [left, right] = ends.map(({ machine, name }) => ["name", name, "netns", String(machine.pid)]);
  requireTool("ip", ["link", "add", ...left, "type", "veth", "peer", ...right]);
  for (const [i, { machine, name }] of ends.entries()) {
    if (network !== undefined) machine.require("ip", "address", "add", `10.${network}.0.${i + 1}/24`, "dev", name);
    // Addresses are good at once, and not after looking for others that have them.
    machine.require("sh", "-c", `echo 0 > /proc/sys/net/ipv6/conf/${name}/accept_dad`);
    machine.require("ip", "link", "set", name, "up");
  }
}
