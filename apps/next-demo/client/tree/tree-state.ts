/** The words and tones for the states of scopes, tasks and host operations. */
import type { TreeRow } from "@/client/tree/tree-rows";
import type { Tone } from "@/client/ui/state-chip";

export const TYPE_WORDS: Record<TreeRow["node"]["type"], string> = {
  scope: "scope",
  task: "task",
  "host-op": "request",
};

/** The state in words, with the reason once somebody asked for a cancel. */
export function stateText(node: TreeRow["node"]): string {
  const state = node.state.replaceAll("-", " ");
  return node.type !== "host-op" && node.cancel !== undefined ? `${state}, ${node.cancel}` : state;
}

export function stateTone(node: TreeRow["node"]): Tone {
  if (node.type !== "host-op" && node.cancel !== undefined) return "cancel";
  switch (node.state) {
    case "running":
    case "submitted":
      return "active";
    case "cancel-requested":
    case "cancelling":
    case "draining":
    case "closing":
      return "cancel";
    case "open":
    case "created":
      return "quiet";
    default:
      return "good";
  }
}
