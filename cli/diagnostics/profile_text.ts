/**
 * `blit profile` for people: what was learned about each profile.
 *
 * @module
 */

import { type Costs, LEAST_RUNS } from "../../core/plan/predictor.ts";
import type { ProfileCosts, TrustedCost } from "../../core/report/learned_costs.ts";
import { renderColumns } from "../columns.ts";
import { formatBytes, formatCost, formatCount, formatNumber } from "../format.ts";
import { wrap } from "../wrap.ts";
import { profileName } from "./profile_name.ts";

/** How each cost is told: what it is, in how many nanoseconds its unit is, and what its amounts are. */
const COSTS: readonly { name: keyof Costs; what: string; unitNs: number; amount: (value: number) => string }[] = [
  { name: "planningMsPerFile", what: "planning, a file", unitNs: 1e6, amount: countFiles },
  { name: "copyingMsPerFile", what: "copying, a file", unitNs: 1e6, amount: countFiles },
  { name: "copyingNsPerByte", what: "copying, a byte", unitNs: 1, amount: formatBytes },
];

/** Each profile as a small table, in lines of at most `width` characters. */
export function describeProfiles(profiles: readonly ProfileCosts[], width: number): string {
  return profiles.map((profile) => `${describeProfile(profile, width)}\n`).join("\n");
}

function describeProfile(profile: ProfileCosts, width: number): string {
  const ways = [{ costs: profile.alone, workers: "no" }, { costs: profile.shared, workers: "yes" }];
  const rows = ways.flatMap(({ costs, workers }) =>
    COSTS.map((cost) => ({ ...cost, workers, learned: costs[cost.name] }))
  )
    .filter(({ learned }) => learned.runs > 0);
  const table = renderColumns(
    [
      { title: "COST OF", align: "left", cells: rows.map(({ what }) => what) },
      { title: "WORKERS", align: "left", cells: rows.map(({ workers }) => workers) },
      { title: "IS", cells: rows.map(({ learned, unitNs }) => formatCost(learned.value * unitNs)) },
      { title: "RUNS", cells: rows.map(({ learned }) => formatNumber(learned.runs)) },
      { title: "TRUSTED UP TO", cells: rows.map(({ learned, amount }) => describeTrust(learned, amount)) },
    ],
    rows.length,
    width,
  );
  return [wrap(profileName(profile), width), ...table].join("\n");
}

function describeTrust({ runs, trustedUpTo }: TrustedCost, amount: (value: number) => string): string {
  return trustedUpTo > 0 ? amount(trustedUpTo) : `after ${formatCount(LEAST_RUNS - runs, "more run", "more runs")}`;
}

function countFiles(count: number): string {
  return formatCount(count, "file", "files");
}
