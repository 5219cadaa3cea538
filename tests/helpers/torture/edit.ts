/**
 * Makes of a source what a destination may look like: older, changed, rearranged, incomplete, with more in it.
 *
 * @module
 */

import type { Dice } from "./dice.ts";
import { type Branch, cloneBranch, type FileNode, type Node, type Spot, spots } from "./forest.ts";
import type { Grower } from "./grow.ts";

const EDITS = [
  "touch",
  "touch",
  "same size, other time",
  "same size and time",
  "truncate",
  "grow",
  "patch",
  "mode",
  "owner",
  "xattrs",
  "acl",
  "remove",
  "remove",
  "other kind",
  "add",
  "part from its links",
  "link to another",
] as const;

/** What an edited tree may differ in. */
export interface EditOptions {
  /** Of each entry being edited. */
  readonly rate: number;
  /** Whether an entry may become one of another kind. @default true */
  readonly kinds?: boolean;
}

/** A changed copy of a tree. */
export function edited(tree: Branch, grower: Grower, { rate, kinds = true }: EditOptions): Branch {
  const { dice } = grower;
  const copy = cloneBranch(tree);
  const files: FileNode[] = [];
  for (const { node } of spots(copy)) if (node.kind === "file") files.push(node);
  for (const spot of [...spots(copy)]) {
    if (!dice.chance(rate)) continue;
    const kind = dice.pick(EDITS);
    if (kinds || kind !== "other kind") edit(kind, spot, { dice, grower, files });
  }
  if (dice.chance(0.5)) addMany(copy, grower);
  if (dice.chance(0.3)) copy.mtime = grower.time();
  return copy;
}

interface EditContext {
  readonly dice: Dice;
  readonly grower: Grower;
  readonly files: readonly FileNode[];
}

function edit(kind: typeof EDITS[number], { parent, name, node }: Spot, { dice, grower, files }: EditContext): void {
  const isPlain = node.kind === "file";
  switch (kind) {
    case "touch":
      node.mtime = grower.time();
      return;
    case "same size, other time":
      if (isPlain) node.content = { ...node.content, seed: node.content.seed + 1_000_000 };
      node.mtime = grower.time();
      return;
    case "same size and time":
      if (isPlain) node.content = { ...node.content, seed: node.content.seed + 2_000_000 };
      return;
    case "truncate":
      if (isPlain) node.content = { ...node.content, size: dice.below(node.content.size + 1), changedAt: [] };
      return;
    case "grow":
      if (isPlain) node.content = { ...node.content, size: node.content.size + 1 + dice.below(5000), changedAt: [] };
      return;
    case "patch":
      if (isPlain && node.content.size > 16) {
        const changedAt = [1, 2, 3].map(() => dice.below(node.content.size - 16));
        node.content = { ...node.content, changedAt };
        node.mtime = grower.time();
      }
      return;
    case "mode":
      if (node.kind !== "symlink") node.mode = dice.pick([0o644, 0o600, 0o4711, 0o1755, 0o700, 0o2755]);
      return;
    case "owner":
      [node.uid, node.gid] = dice.pick([[0, 0], [1000, 1001], [5, 6]]);
      return;
    case "xattrs":
      if (isPlain || node.kind === "directory") node.xattrs = grower.soil.portable ? {} : grower.xattrs();
      return;
    case "acl":
      if (isPlain || node.kind === "directory") node.acl = grower.soil.portable ? undefined : grower.acl();
      return;
    case "remove":
      parent.children.delete(name);
      return;
    case "other kind":
      parent.children.set(name, otherKind(node, grower));
      return;
    case "add":
      parent.children.set(`extra ${name}`.slice(0, 250), grower.leaf());
      return;
    case "part from its links":
      if (isPlain) parent.children.set(name, { ...node });
      return;
    case "link to another":
      if (isPlain) parent.children.set(name, dice.pick(files));
  }
}

function otherKind(node: Node, grower: Grower): Node {
  const { dice } = grower;
  if (node.kind === "directory" || dice.chance(0.6)) return grower.leaf();
  const children = new Map<string, Node>();
  for (let i = dice.pick([0, 1, 3, 600]); i > 0; i--) children.set(`in${i}`, grower.leaf(true));
  return { ...grower.facts(), kind: "directory", mode: 0o755, children };
}

/** A directory of what only the destination has, larger than a step of deletions. */
function addMany(copy: Branch, grower: Grower): void {
  const { dice } = grower;
  const branches = [copy, ...[...spots(copy)].map(({ node }) => node)].filter((node) => node.kind === "directory");
  const parent = dice.pick(branches);
  const count = dice.pick([1, 199, 200, 201, 700]);
  const isDirectory = dice.chance(0.5);
  const children = isDirectory ? new Map<string, Node>() : parent.children;
  for (let i = 0; i < count; i++) children.set(`only${i}${i % 7 === 0 ? ".o" : ""}`, grower.leaf(true));
  if (isDirectory) parent.children.set("only here", { ...grower.facts(), kind: "directory", mode: 0o755, children });
}
