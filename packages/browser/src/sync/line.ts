/** Owns one semaphore of the kernel as channels and locks have it: a count, and a line that waits. */
import {
  ErrorKindCode,
  type ObligationKindCode,
  type PermitFlowCode,
  SemaphoreCountCode,
} from "@asupersync/browser-core";
import { AsupersyncError, refusal } from "../errors.js";
import type { RuntimeRecord } from "../runtime-record.js";
import type { ScopeRecord } from "../scope.js";

/** What a semaphore is for, in errors and obligations. */
export interface LineUse {
  readonly code: "CHANNEL_CLOSED" | "LOCK_CLOSED";
  /** Such as `channel`. */
  readonly name: string;
  /** What those who are granted its permits owe. */
  readonly kind: ObligationKindCode;
}

/** As the token of an ask: it never waits. */
export const NEVER_WAITS = -1;

/** As the permits that are added: one for each that waits. */
const FOR_WAITING = -1;

/** A semaphore of the kernel, or half of a channel. It goes with its scope, or when it is dropped. */
export class Line {
  readonly scope: ScopeRecord;
  readonly runtime: RuntimeRecord;
  /** The kernel's name for it. */
  readonly handle: number;
  readonly use: LineUse;

  constructor(scope: ScopeRecord, handle: number, use: LineUse) {
    this.scope = scope;
    this.runtime = scope.runtime;
    this.handle = handle;
    this.use = use;
  }

  /** @throws {AsupersyncError} `LIMIT_REACHED`, `POISONED`; the closed code of `use` if the scope has closed. */
  static open(scope: ScopeRecord, permits: number, flow: PermitFlowCode, use: LineUse): Line {
    const handle = scope.runtime.port.command((kernel) =>
      kernel.semaphore_open(scope.handle, permits, flow),
    );
    const line = new Line(scope, handle, use);
    if (handle < 0) throw line.refusal(handle);
    return line;
  }

  /** The messages of a channel, of which this is the free places. */
  items(use: LineUse): Line {
    const handle = this.runtime.port.command((kernel) => kernel.channel_items(this.handle));
    if (handle < 0) throw this.refusal(handle);
    return new Line(this.scope, handle, use);
  }

  /** Adds permits. @throws {AsupersyncError} The closed code, `LIMIT_REACHED`, `POISONED`. */
  add(permits: number): void {
    const answer = this.#add(permits);
    if (answer < 0) throw this.refusal(answer);
  }

  /** Adds one permit for each that waits now. Below 0 if it is gone. */
  wake(): number {
    return this.#add(FOR_WAITING);
  }

  /** Keeps the promise of an obligation that has permits of this. @throws {AsupersyncError} */
  commit(obligation: number): void {
    const answer = this.runtime.port.obligation_commit(obligation);
    if (answer < 0) throw this.refusal(answer);
  }

  /** Refuses who can never be met. One that is gone is closed enough. */
  close(): void {
    this.runtime.port.command((kernel) => kernel.semaphore_close(this.handle));
  }

  /** Forgets it, and refuses all who wait. */
  drop(): void {
    this.runtime.port.command((kernel) => kernel.semaphore_drop(this.handle));
  }

  /** Permits that nobody holds; below 0 if it is gone. */
  get available(): number {
    return this.#count(SemaphoreCountCode.available);
  }

  /** How many wait; below 0 if it is gone. */
  get waiting(): number {
    return this.#count(SemaphoreCountCode.waiting);
  }

  /** Whether an answer says that it is closed, or gone. */
  isEnd(answer: number): boolean {
    const isGone = answer === -ErrorKindCode.staleHandle || answer === -ErrorKindCode.runtimeClosed;
    return isGone || answer === -ErrorKindCode.semaphoreClosed;
  }

  /** The error for a negative answer to a call on this. */
  refusal(answer: number): AsupersyncError {
    if (this.isEnd(answer)) return this.closedError();
    return refusal(answer, `a ${this.use.name}`);
  }

  closedError(): AsupersyncError {
    return new AsupersyncError(this.use.code, `a closed ${this.use.name}`);
  }

  #count(which: SemaphoreCountCode): number {
    return this.runtime.port.command((kernel) => kernel.semaphore_count(this.handle, which));
  }

  #add(permits: number): number {
    return this.runtime.port.command((kernel) => kernel.semaphore_add(this.handle, permits));
  }
}
