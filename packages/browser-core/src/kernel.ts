/** Owns the types of the kernel's raw calls: numbers in, one number out. */
import type { LeakPolicyCode, TieBreakCode } from "./abi.gen.js";

/** Names a region, task, host operation or obligation: slot, generation, kind and runtime in one safe integer. */
export type Handle = number;

/** At least 0: done, and what it says is the call's own. Below 0: minus an `ErrorKindCode`. */
export type Status = number;

/** What is added to the handle of an obligation that waits in line; see `semaphore_acquire`. */
export const ASKED = -(2 ** 53);

/** How a kernel is set up. Every number is checked again by the kernel. */
export interface KernelConfig {
  /** Decides what is left to chance; a whole number of at least 0. */
  readonly seed: number;
  /** Names the runtime in its handles, 0 to 127. */
  readonly tag: number;
  /** Milliseconds that a cancelled body has to reach its end. */
  readonly drainMs: number;
  /** Milliseconds that the kernel runs before it lets the page paint. */
  readonly sliceMs: number;
  /** Events that the trace ring holds. */
  readonly traceCapacity: number;
  /** How equals are ordered. Default: in insertion order. */
  readonly ties?: TieBreakCode;
  /** What becomes of an obligation that a task still holds when it has ended by itself. Default: `panic`. */
  readonly leakPolicy?: LeakPolicyCode;
  /** Dispatches of the cancel lane in a row while other work is runnable, at least 1. Default: 16. */
  readonly cancelStreak?: number;
  /** Dispatches in one turn, at least 1. Default: 256. */
  readonly pollsPerTick?: number;
  /** Generations of a slot before it is retired; a small number is for tests. Default: 2^22 - 1. */
  readonly generationsMax?: number;
}

/**
 * One kernel. Every command takes any number and answers with a {@link Status} or a
 * {@link Handle}; none of them throws, but for a trap, after which the instance is dead.
 *
 * A driver calls {@link Kernel.turn} until it gives 0, carrying out the records of each batch in
 * order. The kernel wakes the driver itself, by the `pump` it was made with.
 */
export interface Kernel {
  /** The root region. */
  root(): Handle;
  /**
   * Runs the kernel once and gives the address in bytes of the batch; 0 when there is nothing now.
   * Its first word is the number of records, which follow. A record is four words: `EffectCode`, slot,
   * token, aux. Slots that it names are not used again before the next turn, and the reasons that it
   * names can be read until then. The batch stays where it is until then.
   */
  turn(): number;
  /** Ends the delivery of a batch early, so that promises can run; the pump comes back by itself. */
  pause(): void;

  /** Opens a region under a region. */
  region_open(parent: Handle, policy: number): Handle;
  /** Opens a region owned by a task. Flags by `OwnershipFlag`. */
  region_open_in(task: Handle, policy: number, flags: number): Handle;
  /** Spawns a task; `start` asks for its body. */
  region_spawn(region: Handle): Handle;
  /** Closes the region for admission; wait `token` of its owner ends when it has closed. */
  region_join(task: Handle, region: Handle, token: number): Status;
  /** Stops admitting work; `regionClosed` follows when it is empty. */
  region_close(region: Handle): Status;
  /** Cancels all that is in the region. */
  region_cancel(region: Handle, kind: number, message: string): Status;
  /** Cancels the region with `timeout` in `ms` milliseconds, unless it has closed; gives the runtime time of that. */
  region_timeout(region: Handle, ms: number): number;
  /** Limits what the region may hold at once from now on; -1 is no limit. */
  region_limits(region: Handle, tasks: number, regions: number, obligations: number): Status;
  /** Registers one finalizer; `regionFinalize` asks for it. */
  region_defer(region: Handle): Status;
  /** Makes the task that runs the finalizer which `regionFinalize` asked for. */
  region_finalizer_spawn(region: Handle): Handle;
  /** Number of the reason why a live region is cancelled, 0 if it is not. */
  region_reason(region: Handle): number;

  /** Tightens the budget of a task; -1 leaves a part as it is. */
  task_budget(
    task: Handle,
    deadlineMs: number,
    polls: number,
    cost: number,
    priority: number,
  ): Status;
  /** Charges a whole `cost` to the task's quota; past it the task is cancelled with `costBudget`. */
  task_charge(task: Handle, cost: number): Status;
  /** Shields the task from observing its cancellation until the matching {@link Kernel.task_unmask}. */
  task_mask(task: Handle): Status;
  /** Ends the innermost mask. */
  task_unmask(task: Handle): Status;
  /** Cancels a task and all that it owns. */
  task_cancel(task: Handle, kind: number, message: string): Status;
  /** Lets others run; wait 0 ends. */
  task_checkpoint(task: Handle): Status;
  /** Wait `token` ends in `ms` milliseconds. */
  task_sleep(task: Handle, ms: number, token: number): Status;
  /** Wait `token` ends when `target` has. */
  task_join(task: Handle, target: Handle, token: number): Status;
  /** Registers one finalizer; `finalize` asks for it. */
  task_defer(task: Handle): Status;
  /** The finalizer ended, 0 well or 1 not. Answers like {@link Kernel.task_complete}. */
  task_finalized(task: Handle, outcome: number): Status;
  /**
   * The body ended. 4 + the final `OutcomeCode` if the task has, else 0 and `taskDone` follows: when
   * something is left to drain, or when it leaked, which `obligationLeaked` tells first.
   */
  task_complete(task: Handle, outcome: number): Status;
  /** Number of the reason why a live task is cancelled, 0 if it is not. */
  task_reason(task: Handle): number;
  /** The live task at `slot`, for the successor that `taskRevoked` names. */
  task_at(slot: number): Handle;

  /** Gives an obligation of the task, by `ObligationKindCode`: to be committed or aborted before it ends. */
  obligation_reserve(task: Handle, kind: number): Handle;
  /** The promise was kept. */
  obligation_commit(obligation: Handle): Status;
  /** Takes the promise back. */
  obligation_abort(obligation: Handle): Status;
  /** Hands the promise over to another task. */
  obligation_transfer(obligation: Handle, task: Handle): Status;

  /**
   * Opens a semaphore that belongs to the region and goes with it. `flow` by `PermitFlowCode`; with
   * `channel` it opens a channel with so many places, and gives the half of its free places.
   */
  semaphore_open(region: Handle, permits: number, flow: number): Handle;
  /** The half of a channel's messages, by that of its free places. */
  channel_items(free: Handle): Handle;
  /**
   * Asks for permits as an obligation of the task, of a kind by `ObligationKindCode`, first come first
   * served. Gives the obligation that has them; or {@link ASKED} + the obligation that waits for them:
   * wait `token` then ends with a `PermitsCode`. With the token -1 it never waits (`wouldWait`).
   */
  semaphore_acquire(
    task: Handle,
    semaphore: Handle,
    permits: number,
    kind: number,
    token: number,
  ): Handle;
  /**
   * Takes one permit and keeps the promise, as `semaphore_acquire` and `obligation_commit` would: 1, and
   * no obligation is left. Else it waits as after the first of them, with the same answer.
   */
  semaphore_pass(task: Handle, semaphore: Handle, kind: number, token: number): Handle;
  /** Adds permits; -1 is one for each obligation that waits. */
  semaphore_add(semaphore: Handle, permits: number): Status;
  /** Refuses who can never be met, now and from now on; of half a channel, in all of it. */
  semaphore_close(semaphore: Handle): Status;
  /** Forgets it, or the channel that it is half of, and refuses all who wait. */
  semaphore_drop(semaphore: Handle): Status;
  /** How many, by `SemaphoreCountCode`. */
  semaphore_count(semaphore: Handle, which: number): Status;

  /** Where a live thing of any kind stands: a `RegionStateCode`, `TaskStateCode`, … by its kind. */
  state(handle: Handle): Status;

  /** Opens a host operation and waits under `token`; 0 if the task is cancelled: start nothing. */
  host_open(task: Handle, token: number, kind: number): Handle;
  /** Waits for the next result of an open host operation. */
  host_wait(op: Handle, token: number): Status;
  /** Gives the current wait its result, 0 or 1; the operation stays open. */
  host_notify(op: Handle, code: number): Status;
  /** Gives the current wait its result, 0 or 1, and ends the operation. */
  host_complete(op: Handle, code: number): Status;

  /** Milliseconds of runtime time. */
  now(): number;
  /** The next number of the seeded stream, from 0 up to 1. */
  random(): number;
  /** Cancels everything with `shutdown`; `regionClosed` of the root follows. */
  close(): Status;

  /** Of a reason that was named since the last turn its `CancelKindCode` with `ReasonFact`s; 0 for none. */
  reason_facts(reason: number): number;
  /** Runtime time of the request, in milliseconds. */
  reason_at_ms(reason: number): number;
  /** What the requester said. */
  reason_message(reason: number): string | undefined;

  /**
   * Writes the live tree and gives the number of rows. A row is seven words: kind, slot, parent's
   * kind, parent's slot, state, cancel kind + 1, and the detail: a region's `PolicyCode`, the
   * `HostKindCode` of a host operation, the `ObligationKindCode` of an obligation.
   */
  snapshot(): number;
  /** Address in bytes of the first row. */
  snapshot_ptr(): number;
  /** Moves whenever the tree may have changed. */
  revision(): number;
  /** A total or a live count, by `CounterCode`. */
  count(which: number): number;
  /**
   * Hash of the exact schedule: of the seed, and of (task, lane, step) at every dispatch. Equal for
   * equal commands on every target. Read it with `BigInt.asUintN(64, …)`.
   */
  certificate(): bigint;
  /**
   * Hash of the run's equivalence class: of every transition with all that it depends on, and of
   * neither times, seed nor the order of what is independent. Read it with `BigInt.asUintN(64, …)`.
   */
  fingerprint(): bigint;
  /**
   * The events after number `seq` that the trace ring holds: seq, milliseconds, `EventCode`, handle,
   * detail of each.
   */
  events(seq: number): Float64Array;
  /** Makes the trace ring keep `capacity` events from now on, 0 for none. Those held already go. */
  keep_events(capacity: number): Status;
  /** Times that a live task may still be resumed before its quota cancels it; -1 without a quota. */
  task_polls(task: Handle): number;
  /** Lets go of the wake and the timer once the root has closed. */
  release(): void;
}
