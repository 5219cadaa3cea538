/**
 * Runs one engine on the calling thread, in slices.
 *
 * @module
 */

import type { Task } from "./job.ts";
import { countTasks } from "./scheduler.ts";
import { SingleEngineExecutor } from "./single_engine.ts";
import { Slice } from "./slice.ts";

/** For what is done before a worker would have started. */
export class InlineExecutor extends SingleEngineExecutor {
  async run(tasks: Task[]): Promise<void> {
    countTasks(this.shared, tasks, 1);
    this.engine.scheduler.start(tasks);
    const slice = new Slice();
    while (this.engine.step()) if (slice.isOver) await slice.next();
    this.endPhase();
  }
}
