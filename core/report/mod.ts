/**
 * The last station: what a run was like is kept for the next one.
 *
 * ```text
 * configDirectory(...)           where settings and history of a user are                        (config_directory.ts)
 * recordOf(summary, ...)         what is kept of a run: amounts and times                        (run_record.ts)
 * isEnabled, setEnabled          whether a history is kept at all                                (history_settings.ts)
 * historyObstacle(directory)     why no run could be recorded now                                (history_obstacle.ts)
 * appendRun(directory, record)   one line for a run, by any number of processes at once          (history.ts)
 * readRuns(directory)            the runs, for people; how both stay small and readable: history_rotation.ts
 * judgeRuns, summariseProfiles   throughput, and prediction against reality                      (performance.ts)
 * describeCosts(...)             what the runs have taught                                       (learned_costs.ts)
 * ```
 *
 * A record tells amounts and times, never a path or a name (run_record.ts). All of it stays on this machine, in files that
 * only their owner can read, and nothing here changes what is copied. Every function is synchronous and takes at most about
 * 200 ms, as long as the disk with the directory answers.
 *
 * @module
 */

export { configDirectory, type ConfigEnvironment } from "./config_directory.ts";
export { isEnabled, setEnabled, SETTINGS_FILE } from "./history_settings.ts";
export { appendRun, clearRuns, type PastRuns, readRuns, type ReadRunsOptions } from "./history.ts";
export { HISTORY_FILE } from "./history_files.ts";
export { historyObstacle } from "./history_obstacle.ts";
export { recordOf, type RecordOfOptions, RUN_SCHEMA_VERSION, type RunRecord, runTime } from "./run_record.ts";
