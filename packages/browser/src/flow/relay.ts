/** Owns relays: flows whose values a worker of the task makes out of another source. */
import { CancelKindCode, PolicyCode } from "@asupersync/browser-core";
import { checkActive } from "../active.js";
import { Composite, openBranches } from "../combinators/composite.js";
import type { Cx } from "../cx.js";
import type { Op } from "../op.js";
import { spawnIn } from "../spawn.js";
import { type TaskRecord, thrownBy } from "../task.js";
import { PushedFlow } from "./flow.js";

/** What a relay's worker runs: it emits values until it returns. */
export type RelayBody<T> = (cx: Cx, emit: (value: T) => void) => Promise<void>;

/**
 * A flow that begins when it is first asked for a value. Its worker goes on while the consumer is busy; of
 * what it emits meanwhile the latest is held.
 */
export class Relay<T> extends PushedFlow<T> {
  readonly #name: string;
  readonly #body: RelayBody<T>;
  #worker: TaskRecord<void> | undefined = undefined;

  constructor(task: TaskRecord, name: string, body: RelayBody<T>) {
    super(task, name);
    checkActive(task);
    this.#name = name;
    this.#body = body;
  }

  override next(): Op<IteratorResult<T, undefined>> {
    if (this.stage === "closed") {
      this.asOwner(() => {
        if (this.open()) this.#begin();
      });
    }
    return super.next();
  }

  override cancel(): void {
    // One that has not begun must not begin afterwards.
    if (this.stage === "closed") this.open();
    super.cancel();
  }

  protected override release(reason: unknown): PromiseLike<unknown> | undefined {
    const worker = this.#worker;
    if (worker === undefined || reason === undefined) return undefined;
    worker.request({ code: CancelKindCode.user, message: "the rest is not wanted" });
    return worker.join();
  }

  #begin(): void {
    const emit = (value: T): void => {
      if (this.stage !== "open" || this.give(value)) return;
      this.buffer.length = 0;
      this.buffer.push(value);
    };
    const setup = { policy: PolicyCode.failFast, flags: 0, label: this.#name };
    const worker = new Worker(this.task, openBranches(this.task, setup)).begin(async (cx) => {
      // A source may wait by the cx of the task, which is none of the worker's as long as that is stepped.
      await undefined;
      await this.#body(cx, emit);
    });
    this.#worker = worker;
    void worker.join().then(({ kind }) => {
      if (kind === "ok") this.end();
      else this.fail(thrownBy(worker));
    });
  }
}

/** One task in a scope of its own, whose failure is for whoever asks about it. */
class Worker extends Composite {
  begin(body: (cx: Cx) => Promise<void>): TaskRecord<void> {
    const { scope } = this;
    const worker = spawnIn(scope, body, { label: scope.label });
    scope.runtime.port.region_close(scope.handle);
    return worker;
  }

  protected override decide(): void {}
}
