/**
 * The daemon's log: to standard error, as text on a terminal and as JSON lines elsewhere.
 *
 * @module
 */

import { configure, getLogger, type Logger, type LogRecord, type Sink } from "@logtape/logtape";
import type { LogFormat } from "../core/config/daemon_config.ts";
import { cleanJson, cleanText } from "../core/paths/bytes.ts";

/** Sets up logging, again where it was before, and returns the daemon's logger. */
export async function openLog(format: LogFormat | undefined): Promise<Logger> {
  const chosen = format ?? (Deno.stderr.isTerminal() ? "text" : "json");
  await configure({
    reset: true,
    sinks: { stderr: stderrSink(chosen === "text" ? textLine : jsonLine) },
    loggers: [
      { category: ["blit"], lowestLevel: "info", sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
    ],
  });
  return getLogger(["blit", "daemon"]);
}

/** Lines are short and rare; written at once, none is lost when the process ends. */
function stderrSink(format: (record: LogRecord) => string): Sink {
  const encoder = new TextEncoder();
  return (record) => {
    let rest = encoder.encode(`${format(record)}\n`);
    try {
      while (rest.length > 0) rest = rest.subarray(Deno.stderr.writeSync(rest));
    } catch {
      // Nobody reads the log any more; a daemon goes on without.
    }
  };
}

function textLine(record: LogRecord): string {
  const properties = Object.entries(record.properties).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`).join(
    "",
  );
  return cleanText(`${timeOf(record)} ${record.level.padEnd(7)} ${messageOf(record)}${properties}`);
}

function jsonLine(record: LogRecord): string {
  const line = { time: timeOf(record), level: record.level, message: messageOf(record), ...record.properties };
  return cleanJson(JSON.stringify(line));
}

function messageOf(record: LogRecord): string {
  return record.message.map(String).join("");
}

function timeOf(record: LogRecord): string {
  return new Date(record.timestamp).toISOString();
}
