/**
 * The machine that the figures belong to.
 *
 * @module
 */

import { parseMemory } from "./memory.ts";

/** What a reader needs to judge the figures. Names no host and no user. */
export interface MachineInfo {
  cores: number;
  cpuModel: string;
  memoryBytes: number;
  kernel: string;
  system: string;
  /** Whatever else bears on speed, such as virtualization. */
  facts: string[];
}

/** Looks at this machine. */
export function readMachine(): MachineInfo {
  const cpuInfo = readText("/proc/cpuinfo");
  return {
    cores: navigator.hardwareConcurrency,
    cpuModel: parseCpuModel(cpuInfo),
    memoryBytes: parseMemory(readText("/proc/meminfo")).totalBytes,
    kernel: `${Deno.build.os} ${Deno.osRelease()} ${Deno.build.arch}`,
    system: /^PRETTY_NAME="(.*)"$/m.exec(readText("/etc/os-release"))?.[1] ?? "unknown",
    facts: [
      ...(/^flags\s*:.*\bhypervisor\b/m.test(cpuInfo) ? ["virtual machine"] : []),
      ...(reportsFreePages() ? ["gives free memory back to its host, so that first touches are slow"] : []),
    ],
  };
}

/** The machine in a few lines. */
export function describeMachine({ cores, cpuModel, memoryBytes, kernel, system, facts }: MachineInfo): string[] {
  return [
    `machine: ${cores} cores, ${cpuModel}, ${(memoryBytes / 1024 ** 3).toFixed(1)} GiB of memory`,
    `system: ${kernel}, ${system}`,
    ...facts.map((fact) => `machine: ${fact}`),
  ];
}

/** A warning when other work runs; `undefined` on an idle machine. */
export function describeLoad([lastMinute]: readonly number[], cores: number): string | undefined {
  // A quarter of the cores: below it a median of a few rounds is hardly moved.
  if (lastMinute <= cores / 4) return undefined;
  return `the load was ${
    lastMinute.toFixed(1)
  } at the start: other work was running and the figures are not dependable`;
}

/** Model name from the text of `/proc/cpuinfo`, which has none on some ARM machines. */
export function parseCpuModel(text: string): string {
  return /^model name\s*:\s*(.*)$/m.exec(text)?.[1]?.trim() || "unknown model";
}

/** Whether the host takes free pages back, as far as the guest can tell. */
function reportsFreePages(): boolean {
  return exists("/sys/module/page_reporting") && exists("/sys/bus/virtio/drivers/virtio_balloon");
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    // Not on this machine.
    return false;
  }
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    // Not on this machine: the description says "unknown".
    return "";
  }
}
