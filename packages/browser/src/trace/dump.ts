/** Owns the live tree as text: what is running, and why it was cancelled. */
import { describeCancel } from "../cancel.js";
import type { Runtime } from "../runtime.js";
import type { HostOpNode, ObligationNode } from "../snapshot.js";
import { checkFlag, checkOptions, checkWhole } from "../validate.js";
import { type LiveScope, type LiveTask, liveTree } from "./live-tree.js";

/** How a dump is made. */
export interface DumpOptions {
  /** Lines of nodes at most; the rest is counted in the last line. Default 1000, at most 100,000. */
  readonly nodesMax?: number;
  /** Whether each task shows where it was spawned, if the runtime keeps that. Default true. */
  readonly spawnSites?: boolean;
}

const DUMP_OPTIONS = ["nodesMax", "spawnSites"] as const satisfies readonly (keyof DumpOptions)[];
const NODES_MAX = 1_000;
const NODES_MAX_MAX = 100_000;
/** Past this depth lines are not indented further, so that a deep tree stays linear in size. */
const INDENTED_MAX = 60;

/**
 * The live tree of `runtime` as text, a line a node: its state, why it is cancelled, what it waits for,
 * its deadline, where it was spawned. For a console, a log, a failing test's message.
 *
 * @throws {AsupersyncError} `FORGED_HANDLE` for what is no runtime, `INVALID_ARGUMENT`, `INVALID_NUMBER`.
 * @example
 * ```ts
 * console.log(dumpTree(runtime));
 * // runtime open
 * // └─ task search, running: waits for fetch /api/search
 * //    └─ host-op fetch /api/search, submitted
 * ```
 */
export function dumpTree(runtime: Runtime, options?: DumpOptions): string {
  checkOptions(options, DUMP_OPTIONS, "dump options");
  const nodesMax = checkWhole(options?.nodesMax ?? NODES_MAX, 1, NODES_MAX_MAX, "nodesMax");
  checkFlag(options?.spawnSites, "spawnSites");
  const { label, state, at, root } = liveTree(runtime);
  const showsSites = options?.spawnSites ?? true;
  const reason = root.reason === undefined ? "" : `, cancelled: ${describeCancel(root.reason)}`;
  const lines = [`${label === "runtime" ? "" : "runtime "}${label} ${state}${reason}`];
  const pending = below(root, "", 0);
  let left = nodesMax;
  for (let row = pending.pop(); row !== undefined; row = pending.pop()) {
    if (left === 0) {
      lines.push(`… and ${1 + pending.length + countBelow([row, ...pending])} more`);
      break;
    }
    left -= 1;
    const { node, indent, isLast, depth } = row;
    lines.push(`${indent}${isLast ? "└─ " : "├─ "}${describeNode(node, at)}`);
    const inner = depth < INDENTED_MAX ? `${indent}${isLast ? "   " : "│  "}` : indent;
    if (showsSites && node.type === "task" && node.spawnSite !== undefined) {
      const [site = ""] = node.spawnSite.split("\n", 1);
      lines.push(`${inner}${node.children.length > 0 ? "│" : " "}  spawned ${site.trim()}`);
    }
    if (node.type === "scope" || node.type === "task")
      pending.push(...below(node, inner, depth + 1));
  }
  return lines.join("\n");
}

type Node = LiveScope | LiveTask | HostOpNode | ObligationNode;

interface Row {
  readonly node: Node;
  readonly indent: string;
  readonly isLast: boolean;
  readonly depth: number;
}

/** The rows of the children of `node`, the first one on top of the stack. */
function below({ children }: LiveScope | LiveTask, indent: string, depth: number): Row[] {
  return children
    .map((node, index) => ({ node, indent, isLast: index === children.length - 1, depth }))
    .reverse();
}

function countBelow(rows: readonly Row[]): number {
  let count = 0;
  const pending: Node[] = rows.map(({ node }) => node);
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.type !== "scope" && node.type !== "task") continue;
    count += node.children.length;
    for (const child of node.children) pending.push(child);
  }
  return count;
}

function describeNode(node: Node, now: number): string {
  const { type, label, state } = node;
  const head = `${type} ${label}, ${state}`;
  if (type !== "scope" && type !== "task") return head;
  const facts = [];
  if (node.reason !== undefined) facts.push(`cancelled: ${describeCancel(node.reason)}`);
  if (type === "task" && node.waitsFor.length > 0)
    facts.push(`waits for ${node.waitsFor.join(", ")}`);
  if (node.deadline !== undefined) facts.push(`deadline in ${Math.round(node.deadline - now)} ms`);
  if (type === "task" && node.pollsLeft !== undefined) facts.push(`polls left: ${node.pollsLeft}`);
  return facts.length === 0 ? head : `${head}: ${facts.join("; ")}`;
}
