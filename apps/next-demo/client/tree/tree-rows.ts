/** Turns a snapshot of the runtime into the rows of a tree, in reading order. */
import type {
  CancelKind,
  HostOpNode,
  ObligationNode,
  RuntimeSnapshot,
  ScopeNode,
  TaskNode,
} from "@asupersync/browser";

type Node = ScopeNode | TaskNode | HostOpNode | ObligationNode;

export interface TreeRow {
  readonly key: string;
  readonly node: Node;
  /** 1 for the root. */
  readonly level: number;
  /** Place among its siblings, from 1. */
  readonly position: number;
  readonly siblings: number;
  readonly parentKey: string | undefined;
  /** Why it is cancelled: what befell the owner in whose cancellation this one shares, if it does. */
  readonly cause: CancelKind | undefined;
}

/** More rows than these help nobody; the count says how many there are. */
export const ROWS_MAX = 200;

/** Depth first, without recursion: a tree may be deeper than the stack. O(rows shown). */
export function rowsOf(snapshot: RuntimeSnapshot): TreeRow[] {
  const rows: TreeRow[] = [];
  const waiting: TreeRow[] = [rowOf(snapshot.root, undefined, 1, 1)];
  while (rows.length < ROWS_MAX) {
    const row = waiting.pop();
    if (row === undefined) break;
    rows.push(row);
    const children = childrenOf(row.node);
    for (let index = children.length - 1; index >= 0; index--) {
      const child = children[index];
      if (child !== undefined) waiting.push(rowOf(child, row, index + 1, children.length));
    }
  }
  return rows;
}

function rowOf(
  node: Node,
  parent: TreeRow | undefined,
  position: number,
  siblings: number,
): TreeRow {
  return {
    key: `${node.type} ${node.id}`,
    node,
    level: (parent?.level ?? 0) + 1,
    position,
    siblings,
    parentKey: parent?.key,
    cause: causeOf(node, parent),
  };
}

function causeOf(node: Node, parent: TreeRow | undefined): CancelKind | undefined {
  if (node.type === "host-op" || node.type === "obligation") return undefined;
  return node.cancel === "parent-cancelled" ? (parent?.cause ?? node.cancel) : node.cancel;
}

function childrenOf(node: Node): readonly Node[] {
  return node.type === "host-op" || node.type === "obligation" ? [] : node.children;
}
