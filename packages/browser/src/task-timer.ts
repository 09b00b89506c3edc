/** Owns a timer of a task that can be taken back: the kernel's own, so that it is in its trace. */
import { PolicyCode } from "@asupersync/browser-core";
import type { CancelInfo } from "./cancel.js";
import { refusal } from "./errors.js";
import { indexOf } from "./handle.js";
import { ScopeRecord, ScopeRole } from "./scope.js";
import type { TaskRecord } from "./task.js";

/** Who is told that the time is over. */
export interface TimerOwner {
  timedOut(): void;
}

/**
 * An empty region with a limit: closed in time it takes its timer with it; cancelled by its timer it
 * closes, and that is the news. A sleep would go on until the end of its task.
 */
export class TaskTimer extends ScopeRecord {
  readonly #tells: TimerOwner;

  /**
   * Starts it.
   *
   * @param ms Milliseconds from now, checked.
   * @throws {AsupersyncError} `LIMIT_REACHED`.
   */
  constructor(task: TaskRecord, ms: number, tells: TimerOwner) {
    const { runtime } = task.scope;
    const policy = PolicyCode.collectAll;
    const handle = runtime.port.region_open_in(task.handle, policy, 0);
    if (handle < 0) throw refusal(handle, `task "${task.label}"`);
    super({
      runtime,
      handle,
      role: ScopeRole.composite,
      policy,
      label: `timeout ${ms} ms`,
      parent: undefined,
      owner: task,
      deadline: undefined,
    });
    this.#tells = tells;
    runtime.scopes[indexOf(handle)] = this;
    runtime.snapshots?.touch();
    runtime.port.region_timeout(handle, ms);
  }

  /** Takes it back. Too late, it changes nothing. */
  stop(): void {
    this.runtime.port.region_close(this.handle);
  }

  override closed(code: ScopeRecord["code"], reason: CancelInfo | undefined): void {
    super.closed(code, reason);
    if (reason?.kind === "timeout") this.#tells.timedOut();
  }
}
