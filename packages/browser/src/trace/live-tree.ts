/** Owns the live tree with all that is known of each node: why, until when, and what it waits for. */
import type { CancelInfo } from "../cancel.js";
import { indexOf } from "../handle.js";
import { CHECKPOINT, type OpRecord, OpState } from "../op.js";
import type { Runtime, RuntimeState } from "../runtime.js";
import type { RuntimeRecord } from "../runtime-record.js";
import type { ScopeState } from "../scope.js";
import type { HostOpNode, ObligationNode, ScopeNode, TaskNode } from "../snapshot.js";
import { snapshotOf } from "../snapshot.js";
import { TaskRecord, type TaskState } from "../task.js";
import { recordOf } from "./record-of.js";

/** All that is live in a runtime. Immutable. */
export interface LiveTree {
  readonly label: string;
  readonly state: RuntimeState;
  /** When it was looked at: runtime time in milliseconds. */
  readonly at: number;
  readonly root: LiveScope;
}

/** A live scope. */
export interface LiveScope {
  readonly type: "scope";
  readonly id: number;
  readonly label: string;
  readonly state: ScopeState;
  /** Why it is cancelled, with what led to that; undefined as long as it is not. */
  readonly reason: CancelInfo | undefined;
  /** Runtime time in milliseconds by which its tasks are cancelled, if there is any. */
  readonly deadline: number | undefined;
  readonly children: readonly (LiveScope | LiveTask)[];
}

/** A live task. */
export interface LiveTask {
  readonly type: "task";
  readonly id: number;
  readonly label: string;
  readonly state: TaskState;
  /** Why it is cancelled, with what led to that; undefined as long as it is not. */
  readonly reason: CancelInfo | undefined;
  /** Runtime time in milliseconds by which it is cancelled, if there is any. */
  readonly deadline: number | undefined;
  /** Times that it may still be resumed, if it has a quota that still counts. */
  readonly pollsLeft: number | undefined;
  /** The operations that it awaits, the latest first: `sleep`, `race`, `fetch /api/search`. */
  readonly waitsFor: readonly string[];
  /** Where it was spawned: frames of the caller's code, if the runtime keeps them (`spawnSites`). */
  readonly spawnSite: string | undefined;
  readonly children: readonly (LiveScope | HostOpNode | ObligationNode)[];
}

/**
 * What is live in `runtime`, and all that is known of it. Made when asked for, in time linear in what is
 * live: for a dump, a panel, a test that waits. {@link Runtime.snapshot} is cheaper and says less.
 *
 * @throws {AsupersyncError} `FORGED_HANDLE` for what is no runtime.
 */
export function liveTree(runtime: Runtime): LiveTree {
  const record = recordOf(runtime);
  const { root, state } = snapshotOf(record);
  const scope = scopeDraft(record, root);
  const pending: [ScopeNode | TaskNode, Draft][] = [[root, scope]];
  const drafts: Draft[] = [scope];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [node, draft] = next;
    for (const child of node.children) {
      if (child.type === "host-op" || child.type === "obligation") {
        draft.children.push(child);
        continue;
      }
      const made = child.type === "scope" ? scopeDraft(record, child) : taskDraft(record, child);
      draft.children.push(made);
      drafts.push(made);
      pending.push([child, made]);
    }
  }
  for (const draft of drafts) {
    Object.freeze(draft.children);
    Object.freeze(draft);
  }
  return Object.freeze({
    label: record.root.label,
    state,
    at: record.now(),
    root: scope as unknown as LiveScope,
  });
}

/** A node whose children are still being found. */
interface Draft {
  readonly children: unknown[];
}

function scopeDraft(runtime: RuntimeRecord, node: ScopeNode): Draft {
  const { type, id, label, state } = node;
  const scope = runtime.scopes[indexOf(id)];
  const reason = scope?.id === id ? runtime.port.region_reason(id) : 0;
  return {
    type,
    id,
    label,
    state,
    reason: reason === 0 ? undefined : runtime.reasons.infoFor(reason),
    deadline: scope?.id === id ? scope.deadline : undefined,
    children: [],
  } as Draft;
}

function taskDraft(runtime: RuntimeRecord, node: TaskNode): Draft {
  const { type, id, label, state } = node;
  const found = runtime.tasks[indexOf(id)];
  const task = found?.id === id ? found : undefined;
  const polls = task === undefined ? -1 : runtime.port.task_polls(id);
  return {
    type,
    id,
    label,
    state,
    reason: task?.cancellation?.cancel,
    deadline: task?.deadline,
    pollsLeft: polls < 0 ? undefined : polls,
    waitsFor: task === undefined ? NONE : waitsOf(task),
    spawnSite: task?.spawnSite,
    children: [],
  } as Draft;
}

const NONE: readonly string[] = Object.freeze([]);

function waitsOf(task: TaskRecord): readonly string[] {
  const waits: string[] = [];
  const { checkpoint } = task;
  if (checkpoint?.state === OpState.pending && isAwaited(checkpoint)) waits.push("checkpoint");
  for (let op = task.openOps; op !== undefined; op = op.after) {
    if (isAwaited(op)) waits.push(describeWait(op));
  }
  return Object.freeze(waits);
}

function isAwaited(op: OpRecord<never> | OpRecord): boolean {
  return op.reaction !== undefined || op.task.waiting === op;
}

/** What `op` waits for, in a few words. */
function describeWait({ source, token }: OpRecord): string {
  if (source === undefined) return token === CHECKPOINT ? "checkpoint" : "sleep";
  if (source instanceof TaskRecord) return `join ${source.label}`;
  return source.label ?? "an operation";
}
