/** Owns the only door to the kernel's raw calls: a call that traps answers as refused, and poisons. */
import { ErrorKindCode, type Handle, type Kernel, type Status } from "@asupersync/browser-core";

const POISONED = -ErrorKindCode.poisoned;

/**
 * The calls that are not made for every task, and what a trap answers each with: a refusal for a command, and
 * for a question what says that there is nothing.
 */
const TRAP_ANSWERS = {
  region_open: POISONED,
  region_close: POISONED,
  region_cancel: POISONED,
  region_defer: POISONED,
  region_finalizer_spawn: POISONED,
  task_budget: POISONED,
  task_cancel: POISONED,
  task_defer: POISONED,
  task_finalized: POISONED,
  host_open: POISONED,
  host_wait: POISONED,
  host_notify: POISONED,
  host_complete: POISONED,
  keep_events: POISONED,
  close: POISONED,
  release: undefined,
  root: 0,
  now: 0,
  task_at: 0,
  region_reason: 0,
  reason_facts: 0,
  reason_at_ms: 0,
  reason_message: undefined,
  random: 0,
  snapshot: 0,
  snapshot_ptr: 0,
  revision: -1,
  count: 0,
  certificate: 0n,
  fingerprint: 0n,
  events: new Float64Array(0),
  task_polls: -1,
} as const satisfies { readonly [K in keyof Kernel]?: ReturnType<Kernel[K]> };

/** Stands in for a kernel whose instance is dead, and which might seem to answer for a while: to call it throws. */
const DEAD_KERNEL = {} as Kernel;

type Call = keyof typeof TRAP_ANSWERS;
type AnyKernel = { readonly [C in Call]: (...numbers: unknown[]) => unknown };

// Its other methods are made of the table: written out they are the most of this file.
export interface KernelPort extends Pick<Kernel, Call> {}

/**
 * One kernel, whose calls never throw. After a trap the instance's state cannot be trusted: `onTrap`
 * is called, once, and commands answer that the kernel is poisoned.
 *
 * A stack that overflows inside a call counts as a trap, since nobody can say where it stopped. The
 * names are the ABI's, so that a reader finds the same word on both sides.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the static block makes each method of the interface.
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

  // Calls made for every task are written out: a call through the table would show in the figures.

  turn(): number {
    try {
      return this.#kernel.turn();
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

  region_timeout(region: Handle, ms: number): number {
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

  pause(): void {
    try {
      this.#kernel.pause();
    } catch (error) {
      this.trap(error);
    }
  }

  /** Gives a command that has no method here: one of a file that not every app loads. */
  command(give: (kernel: Kernel) => number): number {
    try {
      return give(this.#kernel);
    } catch (error) {
      return this.trap(error);
    }
  }

  static {
    for (const [name, answer] of Object.entries(TRAP_ANSWERS)) {
      const call = name as Call;
      // No call takes more; an array of arguments would cost more than what is passed for nothing.
      const value = function (
        this: KernelPort,
        a: unknown,
        b: unknown,
        c: unknown,
        d: unknown,
        e: unknown,
      ): unknown {
        try {
          return (this.#kernel as AnyKernel)[call](a, b, c, d, e);
        } catch (error) {
          this.trap(error);
          return answer;
        }
      };
      Object.defineProperty(KernelPort.prototype, name, { value });
    }
  }
}
