/** Owns snapshots: the live tree as an immutable value, the same one until something has changed. */
import {
  CounterCode,
  HandleKindCode,
  HostStateCode,
  ObligationStateCode,
  RegionStateCode,
  TaskStateCode,
} from "@asupersync/browser-core";
import { type CancelKind, cancelKind } from "./cancel.js";
import { SLOT_BITS } from "./handle.js";
import type { HostOpState } from "./host-op.js";
import { type ObligationKind, type ObligationState, obligationKind } from "./obligation.js";
import type { RuntimeState } from "./runtime.js";
import { addToRuntime, type ChangeListener, type RuntimeRecord } from "./runtime-record.js";
import type { ScopeState } from "./scope.js";
import type { TaskState } from "./task.js";
import { checkListener } from "./validate.js";

addToRuntime("snapshot", snapshotOf);
addToRuntime("subscribe", (runtime, listener: () => void) => {
  checkListener(listener, "listener");
  return subscribeSnapshots(runtime, listener);
});

declare module "./runtime.js" {
  interface Runtime {
    /** What is live: an immutable value, the same one until something has changed. O(live) if it has. */
    snapshot(): RuntimeSnapshot;
    /**
     * Calls `listener` after the snapshot may have changed, at most once a turn. Returns what takes it back.
     *
     * @throws {AsupersyncError} `INVALID_ARGUMENT`.
     */
    subscribe(listener: () => void): () => void;
  }
}

/** What is live in a runtime. Immutable; made when asked for, in time linear in what is live. */
export interface RuntimeSnapshot {
  /** Moves when the tree may have changed. */
  readonly revision: number;
  readonly state: RuntimeState;
  readonly root: ScopeNode;
  readonly counts: {
    readonly tasks: number;
    readonly scopes: number;
    readonly hostOps: number;
    readonly timers: number;
  };
}

/** A live scope. */
export interface ScopeNode {
  readonly type: "scope";
  readonly id: number;
  readonly label: string;
  readonly state: ScopeState;
  /** Why it is cancelled; undefined as long as it is not. */
  readonly cancel: CancelKind | undefined;
  readonly children: readonly (ScopeNode | TaskNode)[];
}

/** A live task. */
export interface TaskNode {
  readonly type: "task";
  readonly id: number;
  readonly label: string;
  readonly state: TaskState;
  /** Why it is cancelled; undefined as long as it is not. */
  readonly cancel: CancelKind | undefined;
  readonly children: readonly (ScopeNode | HostOpNode | ObligationNode)[];
}

/** A live host operation: a request, somebody else's promise, or an `AbortSignal` given away. */
export interface HostOpNode {
  readonly type: "host-op";
  readonly id: number;
  /** Such as `fetch /api/search`. */
  readonly label: string;
  readonly state: HostOpState;
}

/** An obligation that its task has still to keep or to take back. A host operation is not shown twice. */
export interface ObligationNode {
  readonly type: "obligation";
  readonly id: number;
  /** What was promised: an {@link ObligationKind}. */
  readonly label: ObligationKind;
  readonly state: ObligationState;
}

type TreeNode = ScopeNode | TaskNode | HostOpNode | ObligationNode;

/** What is live in `runtime`. */
export function snapshotOf(runtime: RuntimeRecord): RuntimeSnapshot {
  return storeOf(runtime).get();
}

/** Calls `listener` after the snapshot may have changed. Gives what takes it back. */
export function subscribeSnapshots(runtime: RuntimeRecord, listener: () => void): () => void {
  return storeOf(runtime).subscribe(listener);
}

function storeOf(runtime: RuntimeRecord): SnapshotStore {
  runtime.snapshots ??= new SnapshotStore(runtime);
  return runtime.snapshots as SnapshotStore;
}

/** The current snapshot of a runtime, and those who want to know of the next. */
class SnapshotStore implements ChangeListener {
  readonly #runtime: RuntimeRecord;
  readonly #listeners = new Set<() => void>();
  #snapshot: RuntimeSnapshot | undefined = undefined;
  #toldRevision = 0;
  #toldState: RuntimeState = "open";
  #isTouched = false;

  constructor(runtime: RuntimeRecord) {
    this.#runtime = runtime;
  }

  get(): RuntimeSnapshot {
    const { port, state } = this.#runtime;
    const revision = port.revision();
    const last = this.#snapshot;
    if (last !== undefined && last.revision === revision && last.state === state) return last;
    this.#snapshot = takeSnapshot(this.#runtime, revision);
    return this.#snapshot;
  }

  subscribe(listener: () => void): () => void {
    // Wrapped, so that one function subscribed twice is told twice and taken back once.
    const entry = (): void => listener();
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }

  /** Notes a change outside a delivery, which need not wake the kernel: it is told in a microtask. */
  touch(): void {
    if (this.#isTouched || this.#listeners.size === 0) return;
    this.#isTouched = true;
    queueMicrotask(() => {
      this.#isTouched = false;
      this.publish();
    });
  }

  /** Tells the listeners if anything has changed since they were last told. */
  publish(): void {
    if (this.#listeners.size === 0) return;
    const { port, state } = this.#runtime;
    const revision = port.revision();
    if (revision === this.#toldRevision && state === this.#toldState) return;
    this.#toldRevision = revision;
    this.#toldState = state;
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        this.#runtime.unobserved.reportListener(error);
      }
    }
  }
}

const TASK_STATES: { readonly [code: number]: TaskState } = {
  [TaskStateCode.created]: "created",
  [TaskStateCode.running]: "running",
  [TaskStateCode.cancelRequested]: "cancel-requested",
  [TaskStateCode.cancelling]: "cancelling",
  [TaskStateCode.finalizing]: "finalizing",
  [TaskStateCode.completed]: "completed",
};

const SCOPE_STATES: { readonly [code: number]: ScopeState } = {
  [RegionStateCode.open]: "open",
  [RegionStateCode.closing]: "closing",
  [RegionStateCode.draining]: "draining",
  [RegionStateCode.finalizing]: "finalizing",
  [RegionStateCode.closed]: "closed",
};

const HOST_STATES: { readonly [code: number]: HostOpState } = {
  [HostStateCode.created]: "created",
  [HostStateCode.submitted]: "submitted",
  [HostStateCode.cancelRequested]: "cancel-requested",
  [HostStateCode.draining]: "draining",
  [HostStateCode.finalizing]: "finalizing",
  [HostStateCode.completed]: "completed",
};

/** A row is seven words: kind, slot, parent's kind, parent's slot, state, cancel kind + 1, detail. */
const ROW_WORDS = 7;
const BYTES_PER_WORD = 4;

/** A node whose children are still being found. */
interface Draft {
  readonly type: TreeNode["type"];
  readonly id: number;
  readonly label: string;
  readonly state: TreeNode["state"];
  readonly cancel?: CancelKind | undefined;
  readonly children?: Draft[];
}

function takeSnapshot(runtime: RuntimeRecord, revision: number): RuntimeSnapshot {
  const { port, state } = runtime;
  const count = port.snapshot();
  const start = port.snapshot_ptr() / BYTES_PER_WORD;
  const rows = runtime.words().slice(start, start + count * ROW_WORDS);
  const drafts = new Map<number, Draft>();
  let root: Draft | undefined;
  // Parents come before their children.
  for (let at = 0; at < rows.length; at += ROW_WORDS) {
    const word = (offset: number): number => rows[at + offset] as number;
    const draft = draftOf(runtime, word(0), word(1), word(4), word(5), word(6));
    drafts.set(keyOf(word(0), word(1)), draft);
    drafts.get(keyOf(word(2), word(3)))?.children?.push(draft);
    root ??= draft;
  }
  for (const draft of drafts.values()) {
    if (draft.children !== undefined) Object.freeze(draft.children);
    Object.freeze(draft);
  }
  return Object.freeze({
    revision,
    state,
    // Without rows the runtime has closed or is poisoned.
    root: root === undefined ? closedRoot(runtime) : (root as ScopeNode),
    counts: Object.freeze({
      tasks: port.count(CounterCode.tasksLive),
      scopes: port.count(CounterCode.regionsLive),
      hostOps: port.count(CounterCode.hostOpsLive),
      timers: port.count(CounterCode.timersLive),
    }),
  });
}

function draftOf(
  runtime: RuntimeRecord,
  kind: number,
  slot: number,
  state: number,
  cancel: number,
  detail: number,
): Draft {
  const why = cancel === 0 ? undefined : cancelKind(cancel - 1);
  switch (kind) {
    case HandleKindCode.region: {
      const { id, label } = runtime.scopes[slot] ?? unknownRecord(kind, slot, "scope");
      const scopeState = SCOPE_STATES[state] ?? "open";
      return { type: "scope", id, label, state: scopeState, cancel: why, children: [] };
    }
    case HandleKindCode.task: {
      const { id, label } = runtime.tasks[slot] ?? unknownRecord(kind, slot, "task");
      const taskState = TASK_STATES[state] ?? "running";
      return { type: "task", id, label, state: taskState, cancel: why, children: [] };
    }
    case HandleKindCode.obligation:
      return {
        type: "obligation",
        id: keyOf(kind, slot),
        label: obligationKind(detail),
        state: state === ObligationStateCode.asked ? "asked" : "reserved",
      };
    default: {
      const { id, label } = runtime.hostOps[slot] ?? unknownRecord(kind, slot, "host operation");
      return { type: "host-op", id, label, state: HOST_STATES[state] ?? "submitted" };
    }
  }
}

function closedRoot(runtime: RuntimeRecord): ScopeNode {
  const { id, label } = runtime.root;
  const children = Object.freeze([]);
  return Object.freeze({ type: "scope", id, label, state: "closed", cancel: undefined, children });
}

/** Stands in for what the kernel has and the SDK has let go of already. */
function unknownRecord(kind: number, slot: number, label: string): { id: number; label: string } {
  return { id: keyOf(kind, slot), label };
}

function keyOf(kind: number, slot: number): number {
  return kind * 2 ** SLOT_BITS + slot;
}
