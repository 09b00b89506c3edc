/** Owns the only door to the kernel's raw calls: a call that traps answers as refused, and poisons. */
import { ErrorKindCode, type Handle, type Kernel, type Status } from "@asupersync/browser-core";

const POISONED = -ErrorKindCode.poisoned;
const NO_EVENTS = new Float64Array(0);

/** Stands in for a kernel whose instance is dead, and which might seem to answer for a while. */
const DEAD_KERNEL = new Proxy({} as Kernel, {
  get(): never {
    throw new Error("the kernel is dead");
  },
});

/**
 * One kernel, whose calls never throw. After a trap the instance's state cannot be trusted: `onTrap`
 * is called, once, and commands answer that the kernel is poisoned.
 *
 * A stack that overflows inside a call counts as a trap, since nobody can say where it stopped. The
 * names are the ABI's, so that a reader finds the same word on both sides.
 */
export class KernelPort {
  #kernel: Kernel;
  readonly #onTrap: (error: unknown) => void;
  #state: "sound" | "trapped" = "sound";

  constructor(kernel: Kernel, onTrap: (error: unknown) => void) {
    this.#kernel = kernel;
    this.#onTrap = onTrap;
  }

  /** Notes that the instance is dead, by this kernel or another one of it. */
  trap(error: unknown): typeof POISONED {
    if (this.#state === "sound") {
      this.#state = "trapped";
      this.#kernel = DEAD_KERNEL;
      this.#onTrap(error);
    }
    return POISONED;
  }

  // Calls made for every task are written out; a closure for each would show in the figures.

  turn(): number {
    try {
      return this.#kernel.turn();
    } catch (error) {
      this.trap(error);
      return 0;
    }
  }

  batch_ptr(): number {
    try {
      return this.#kernel.batch_ptr();
    } catch (error) {
      this.trap(error);
      return 0;
    }
  }

  region_open_in(task: Handle, policy: number, flags: number): Handle {
    try {
      return this.#kernel.region_open_in(task, policy, flags);
    } catch (error) {
      return this.trap(error);
    }
  }

  region_spawn(region: Handle): Handle {
    try {
      return this.#kernel.region_spawn(region);
    } catch (error) {
      return this.trap(error);
    }
  }

  region_join(task: Handle, region: Handle, token: number): Status {
    try {
      return this.#kernel.region_join(task, region, token);
    } catch (error) {
      return this.trap(error);
    }
  }

  task_checkpoint(task: Handle): Status {
    try {
      return this.#kernel.task_checkpoint(task);
    } catch (error) {
      return this.trap(error);
    }
  }

  task_sleep(task: Handle, ms: number, token: number): Status {
    try {
      return this.#kernel.task_sleep(task, ms, token);
    } catch (error) {
      return this.trap(error);
    }
  }

  task_join(task: Handle, target: Handle, token: number): Status {
    try {
      return this.#kernel.task_join(task, target, token);
    } catch (error) {
      return this.trap(error);
    }
  }

  task_complete(task: Handle, outcome: number): Status {
    try {
      return this.#kernel.task_complete(task, outcome);
    } catch (error) {
      return this.trap(error);
    }
  }

  semaphore_acquire(
    task: Handle,
    semaphore: Handle,
    permits: number,
    kind: number,
    token: number,
  ): Handle {
    try {
      return this.#kernel.semaphore_acquire(task, semaphore, permits, kind, token);
    } catch (error) {
      return this.trap(error);
    }
  }

  semaphore_pass(task: Handle, semaphore: Handle, kind: number, token: number): Handle {
    try {
      return this.#kernel.semaphore_pass(task, semaphore, kind, token);
    } catch (error) {
      return this.trap(error);
    }
  }

  obligation_commit(obligation: Handle): Status {
    try {
      return this.#kernel.obligation_commit(obligation);
    } catch (error) {
      return this.trap(error);
    }
  }

  region_timeout(region: Handle, ms: number): Status {
    try {
      return this.#kernel.region_timeout(region, ms);
    } catch (error) {
      return this.trap(error);
    }
  }

  task_reason(task: Handle): number {
    try {
      return this.#kernel.task_reason(task);
    } catch (error) {
      this.trap(error);
      return 0;
    }
  }

  now(): number {
    try {
      return this.#kernel.now();
    } catch (error) {
      this.trap(error);
      return 0;
    }
  }

  pause(): void {
    try {
      this.#kernel.pause();
    } catch (error) {
      this.trap(error);
    }
  }

  // The other commands.

  region_open(parent: Handle, policy: number): Handle {
    return this.#call(() => this.#kernel.region_open(parent, policy), POISONED);
  }

  region_close(region: Handle): Status {
    return this.#call(() => this.#kernel.region_close(region), POISONED);
  }

  region_cancel(region: Handle, kind: number, message: string): Status {
    return this.#call(() => this.#kernel.region_cancel(region, kind, message), POISONED);
  }

  region_defer(region: Handle): Status {
    return this.#call(() => this.#kernel.region_defer(region), POISONED);
  }

  region_finalizer_spawn(region: Handle): Handle {
    return this.#call(() => this.#kernel.region_finalizer_spawn(region), POISONED);
  }

  task_budget(
    task: Handle,
    deadlineMs: number,
    polls: number,
    cost: number,
    priority: number,
  ): Status {
    return this.#call(
      () => this.#kernel.task_budget(task, deadlineMs, polls, cost, priority),
      POISONED,
    );
  }

  task_cancel(task: Handle, kind: number, message: string): Status {
    return this.#call(() => this.#kernel.task_cancel(task, kind, message), POISONED);
  }

  task_defer(task: Handle): Status {
    return this.#call(() => this.#kernel.task_defer(task), POISONED);
  }

  task_finalized(task: Handle, outcome: number): Status {
    return this.#call(() => this.#kernel.task_finalized(task, outcome), POISONED);
  }

  host_open(task: Handle, token: number, kind: number): Handle {
    return this.#call(() => this.#kernel.host_open(task, token, kind), POISONED);
  }

  host_wait(op: Handle, token: number): Status {
    return this.#call(() => this.#kernel.host_wait(op, token), POISONED);
  }

  host_notify(op: Handle, code: number): Status {
    return this.#call(() => this.#kernel.host_notify(op, code), POISONED);
  }

  host_complete(op: Handle, code: number): Status {
    return this.#call(() => this.#kernel.host_complete(op, code), POISONED);
  }

  close(): Status {
    return this.#call(() => this.#kernel.close(), POISONED);
  }

  // Calls that are never refused.

  release(): void {
    this.#call(() => this.#kernel.release(), undefined);
  }

  root(): Handle {
    return this.#call(() => this.#kernel.root(), 0);
  }

  task_at(slot: number): Handle {
    return this.#call(() => this.#kernel.task_at(slot), 0);
  }

  region_reason(region: Handle): number {
    return this.#call(() => this.#kernel.region_reason(region), 0);
  }

  reason_kind(reason: number): number {
    return this.#call(() => this.#kernel.reason_kind(reason), 0);
  }

  reason_at_ms(reason: number): number {
    return this.#call(() => this.#kernel.reason_at_ms(reason), 0);
  }

  reason_message(reason: number): string | undefined {
    return this.#call(() => this.#kernel.reason_message(reason), undefined);
  }

  reason_cause(reason: number): number {
    return this.#call(() => this.#kernel.reason_cause(reason), 0);
  }

  reason_truncated(reason: number): boolean {
    return this.#call(() => this.#kernel.reason_truncated(reason), false);
  }

  random(): number {
    return this.#call(() => this.#kernel.random(), 0);
  }

  snapshot(): number {
    return this.#call(() => this.#kernel.snapshot(), 0);
  }

  snapshot_ptr(): number {
    return this.#call(() => this.#kernel.snapshot_ptr(), 0);
  }

  revision(): number {
    return this.#call(() => this.#kernel.revision(), -1);
  }

  count(which: number): number {
    return this.#call(() => this.#kernel.count(which), 0);
  }

  certificate(): bigint {
    return this.#call(() => this.#kernel.certificate(), 0n);
  }

  fingerprint(): bigint {
    return this.#call(() => this.#kernel.fingerprint(), 0n);
  }

  events(seq: number): Float64Array {
    return this.#call(() => this.#kernel.events(seq), NO_EVENTS);
  }

  keep_events(capacity: number): Status {
    return this.#call(() => this.#kernel.keep_events(capacity), POISONED);
  }

  task_polls(task: Handle): number {
    return this.#call(() => this.#kernel.task_polls(task), -1);
  }

  /** Gives a command that has no method here: one of a file that not every app loads. */
  command(give: (kernel: Kernel) => number): number {
    return this.#call(() => give(this.#kernel), POISONED);
  }

  /** Calls, and answers a trap with `otherwise`. */
  #call<T>(call: () => T, otherwise: T): T {
    try {
      return call();
    } catch (error) {
      this.trap(error);
      return otherwise;
    }
  }
}
