/**
 * Avahi, the responder that most Linux machines have, on a machine of a test network.
 *
 * @module
 */

import type { Machine } from "./network.ts";

const BUS = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
  </policy>
</busconfig>`;

const CONFIG = `[server]
host-name=peer
[publish]
publish-workstation=no
publish-hinfo=no
`;

const READY_MS = 20_000;

/** Starts Avahi and the bus that it needs; both end with the machine. */
export async function startAvahi(machine: Machine): Promise<void> {
  write(machine, "/run/bus.conf", BUS);
  write(machine, "/run/avahi.conf", CONFIG);
  machine.require("mkdir", "-p", "/run/dbus", "/run/avahi-daemon");
  machine.start("dbus-daemon", "--nofork", "--config-file=/run/bus.conf");
  await until(() => machine.run("test", "-S", "/run/dbus/system_bus_socket").code === 0, "the bus");
  machine.start("avahi-daemon", "-f", "/run/avahi.conf", "--no-drop-root", "--no-chroot", "--no-rlimits");
  await until(() => machine.run("avahi-browse", "-tp", "_none._tcp").code === 0, "Avahi");
}

/** A service as Avahi resolves it. */
export interface AvahiService {
  interfaceName: string;
  family: string;
  name: string;
  host: string;
  address: string;
  port: number;
  /** Its text, sorted. */
  text: string[];
}

/** The services of our kind that Avahi sees now. */
export function browse(machine: Machine): AvahiService[] {
  const lines = machine.require("avahi-browse", "-rpt", "_blit._tcp").split("\n");
  return lines.filter((line) => line.startsWith("=;")).map((line) => {
    const [, interfaceName, family, name, , , host, address, port, ...rest] = line.split(";");
    const text = (rest.join(";").match(/"[^"]*"/g) ?? []).map((entry) => entry.slice(1, -1)).sort();
    return { interfaceName, family, name: unescape(name), host, address, port: Number(port), text };
  });
}

/** Everything that Avahi sees come and go from now on. */
export class BrowseLog {
  #text = "";

  constructor(machine: Machine) {
    this.#read(machine.start("avahi-browse", "-p", "_blit._tcp").stdout);
  }

  get lines(): string[] {
    return this.#text.split("\n");
  }

  async #read(stdout: ReadableStream<Uint8Array>): Promise<void> {
    for await (const text of stdout.pipeThrough(new TextDecoderStream())) this.#text += text;
  }
}

/** Waits until something holds; fails after 20 s. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`It takes more than ${READY_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Avahi writes special characters as `\\032`, in decimal. */
function unescape(name: string): string {
  return name.replace(/\\(\d{3})/g, (_, code) => String.fromCharCode(Number(code)));
}

function write(machine: Machine, path: string, text: string): void {
  machine.require("sh", "-c", 'printf %s "$1" > "$2"', "sh", text, path);
}
