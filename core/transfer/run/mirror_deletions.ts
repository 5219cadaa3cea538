/**
 * The deletions of a mirror: last of all, counted and confirmed before the first one, and none after a failure.
 *
 * @module
 */

import { BlitError, toBlitError } from "../../errors.ts";
import { chooseFileSystem } from "../../fs/mod.ts";
import type { Counters } from "../../events.ts";
import { displayName, displayPath, joinBytes } from "../../paths/bytes.ts";
import { unlessAborted } from "../../within.ts";
import type { Collector } from "./collector.ts";
import { groupByDirectory } from "./tasks.ts";
import { interrupted } from "./interrupted.ts";
import type { Job, Task } from "../threads/job.ts";
import type { MirrorOptions } from "../options.ts";

/** What deletions need of the run that they belong to. */
export interface DeletingRun {
  /** The two paths for people. */
  readonly source: string;
  readonly target: string;
  readonly options: MirrorOptions;
  readonly collector: Collector;
  counters(): Counters;
  /** Keeps something worth saying for the summary. */
  notice(message: string): void;
  /** Has tasks done; throws when the run is over before. */
  phase(tasks: Task[]): Promise<void>;
  /** Completes the directories that had to wait. */
  finalize(): Promise<void>;
}

/** Deletes what only the destination has. */
export class MirrorDeletions {
  constructor(readonly owner: DeletingRun) {}

  /** Deletes what is extraneous, and then copies what a directory of the destination was in the way of. */
  async run(job: Job): Promise<void> {
    const { collector } = this.owner;
    const { extraneous, blocked } = collector;
    if (extraneous.length === 0 && blocked.length === 0) return;
    if (job.mode === "verify") return await this.owner.phase(deletionTasks(extraneous, true));
    if (job.source !== undefined) await this.#listAgain(job, job.source);
    if (!this.#mayDelete()) return this.reportBlocked(job, "nothing may be deleted after a failure");
    const obstacles = groupByDirectory(blocked);
    const all = [...extraneous, ...obstacles];
    if (job.mode === "plan") {
      await this.owner.phase(deletionTasks(all, true));
      this.#requireAtMost(this.owner.counters().deleted);
    } else {
      await this.#confirm(all);
      await this.owner.phase(deletionTasks(all, false));
    }
    blocked.length = 0;
    const destination = job.mode === "write" ? "present" : "fresh";
    await this.owner.phase(obstacles.map(({ path, names }): Task => ({
      kind: "entries",
      path,
      destination,
      names: { present: [], missing: names },
    })));
  }

  /** Reports entries that a directory of the destination is still in the way of. */
  reportBlocked(job: Job, reason: string): void {
    const { collector } = this.owner;
    for (const { path, name } of collector.blocked.splice(0)) {
      const entry = joinBytes(path, name);
      const shown = displayPath(job.destination ?? "", entry);
      const message = `Cannot replace "${shown}": it is a directory, and ${reason}`;
      collector.addFailure({ path: entry, code: "is-directory", message });
    }
  }

  /**
   * Where listing may have missed a name without a word, each directory of the source whose listing is a reason to delete is read
   * once more in a way that tells. A source on another machine does that itself, while it lists.
   */
  async #listAgain({ fileSystem, shownSource, deleteExcluded }: Job, source: string): Promise<void> {
    const { collector } = this.owner;
    for (const { path, names } of collector.extraneous) {
      try {
        using root = chooseFileSystem(fileSystem).openRoot(source);
        if (root.listWhole === undefined) return;
        using directory = root.openDirectory(path);
        const found = new Set((await directory.listWhole!()).flatMap((batch) => batch.names));
        const doomed = deleteExcluded ? undefined : names.find((name) => found.has(name));
        if (doomed === undefined) continue;
        const shown = displayPath(shownSource, path);
        throw new BlitError("changed", `Cannot delete "${displayName(doomed)}": "${shown}" has it by now`);
      } catch (error) {
        const { code, message } = toBlitError(error);
        // A directory that has gone meanwhile is no reason either.
        collector.addFailure({ path, code: code === "not-found" ? "changed" : code, message });
      }
    }
  }

  #mayDelete(): boolean {
    const { source, options, collector } = this.owner;
    if (this.owner.counters().entriesFound === 0 && !options.allowEmptySource) {
      throw new BlitError("refused", `Cannot delete what "${source}" does not have: nothing of it took part`, {
        hint: "If that is what you want, use --allow-empty-source",
      });
    }
    if (collector.seriousFailures === 0) return true;
    this.owner.notice("Nothing was deleted, because not everything could be read and copied");
    return false;
  }

  async #confirm(all: Collector["extraneous"]): Promise<void> {
    const { collector, target, options: { maxDelete, confirmDeletions } } = this.owner;
    if (maxDelete === undefined && confirmDeletions === undefined) return;
    await this.owner.phase(deletionTasks(all, true));
    const entries = collector.plannedDeletions;
    if (entries === 0) return;
    if (maxDelete !== undefined && entries > maxDelete) await this.owner.finalize();
    this.#requireAtMost(entries);
    if (confirmDeletions === undefined) return;
    // While somebody thinks about it, and if the answer is no, what was copied is complete.
    await this.owner.finalize();
    if (!await this.#answered(confirmDeletions({ entries, destination: target }))) {
      throw new BlitError("refused", `Cannot delete ${entries} entries of "${target}": not confirmed`);
    }
  }

  #requireAtMost(entries: number): void {
    const { maxDelete } = this.owner.options;
    if (maxDelete === undefined || entries <= maxDelete) return;
    throw new BlitError("refused", `Cannot delete ${entries} entries: at most ${maxDelete} may go`, {
      hint: "Nothing was deleted; look at --dry-run and raise --max-delete if that is what you want",
    });
  }

  /** Waits for an answer, or throws when the run is stopped before it comes. */
  async #answered(answer: boolean | Promise<boolean>): Promise<boolean> {
    const { signal } = this.owner.options;
    if (signal === undefined) return await answer;
    return await unlessAborted(Promise.resolve(answer), signal, () => interrupted(signal));
  }
}

function deletionTasks(extraneous: Collector["extraneous"], countOnly: boolean): Task[] {
  return extraneous.map(({ path, names }) => ({ kind: "delete", path, names, countOnly }));
}
