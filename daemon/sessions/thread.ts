/**
 * A worker whose heap stays small however long it works.
 *
 * A worker of the web takes as much memory for young objects as V8 likes, up to 60 MB each under load. Only one of `node:worker_threads`
 * can be given a bound. Its own messages take milliseconds each, so a channel of the web carries them.
 *
 * @module
 */

import process from "node:process";
import { Worker, workerData } from "node:worker_threads";

/**
 * Megabytes for young objects. With 6 of them neither 20,000 small files nor a large one took less time of the processors, and a
 * daemon with 64 clients had 15 MB more.
 */
const YOUNG_MB = 3;

/** What a {@linkcode Thread} tells. */
export interface ThreadOptions<Report> {
  /** The module that it runs. */
  readonly url: URL;
  readonly onReport: (report: Report) => void;
  /** It has ended by an error that it did not catch. */
  readonly onError: (message: string) => void;
}

/** A worker, as its owner has it. */
export class Thread<Command, Report> {
  readonly #worker: Worker;
  readonly #port: MessagePort;

  constructor({ url, onReport, onError }: ThreadOptions<Report>) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data }: MessageEvent<Report>) => onReport(data);
    this.#worker = new Worker(loadable(url), {
      name: "sessions",
      workerData: { port: port2 },
      transferList: [port2 as never],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      env: {} as never, // nothing in the environment is read, and reading it may not be allowed
    });
    this.#worker.on("error", (error: Error) => onError(error.message));
  }

  /** Sends it something. */
  post(command: Command, transfer: Transferable[] = []): void {
    this.#port.postMessage(command, transfer);
  }

  /** Ends it at once. */
  terminate(): void {
    this.#port.close();
    this.#worker.terminate();
  }
}

/** The owner, as the worker has it. */
export interface Owner<Report> {
  post(report: Report, transfer?: Transferable[]): void;
}

/** In a worker: listens to its owner. What nobody catches goes to `onDefect`. */
export function listenToOwner<Command, Report>(
  onCommand: (command: Command) => void,
  onDefect: (thrown: unknown) => void,
): Owner<Report> {
  const { port } = workerData as { port: MessagePort };
  port.addEventListener("message", ({ data }: MessageEvent<Command>) => onCommand(data));
  port.start();
  process.on("uncaughtException", onDefect);
  process.on("unhandledRejection", onDefect);
  return { post: (report, transfer = []) => port.postMessage(report, transfer) };
}

/** Only files and data can be loaded; a module from elsewhere is imported by one of data. */
function loadable(url: URL): URL {
  if (url.protocol === "file:") return url;
  return new URL(`data:application/javascript,${encodeURIComponent(`import ${JSON.stringify(url.href)};`)}`);
}
