/** The words and tones for the states of scopes, tasks and host operations. */
import type { CancelKind } from "@asupersync/browser";
import type { TreeRow } from "@/client/tree/tree-rows";
import type { Tone } from "@/client/ui/state-chip";

export const TYPE_WORDS: Record<TreeRow["node"]["type"], string> = {
  scope: "scope",
  task: "task",
  "host-op": "request",
  obligation: "promise",
};

/** The state in words, with the cause once there is a cancel. */
export function stateText({ node, cause }: TreeRow): string {
  const state = inWords(node.state);
  return cause === undefined ? state : `${state}, ${causeText(cause)}`;
}

/** Why something was cancelled, after a comma. */
export function causeText(cause: CancelKind): string {
  switch (cause) {
    case "user":
      // Asked for by a button, or by a hook that has newer work to do: both are this kind.
      return "on request";
    case "race-lost":
      return "lost the race";
    case "parent-cancelled":
      return "with its parent";
    default:
      return inWords(cause);
  }
}

export function stateTone({ node, cause }: TreeRow): Tone {
  if (cause !== undefined) return "cancel";
  switch (node.state) {
    case "running":
    case "submitted":
    case "reserved":
      return "active";
    case "cancel-requested":
    case "cancelling":
      return "cancel";
    case "draining":
      // A request drains when it is aborted, a scope also when all goes well.
      return node.type === "host-op" ? "cancel" : "quiet";
    case "open":
    case "asked":
    case "closing":
    case "created":
      return "quiet";
    default:
      return "good";
  }
}

function inWords(name: string): string {
  return name.replaceAll("-", " ");
}
