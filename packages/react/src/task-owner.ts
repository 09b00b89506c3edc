/** Owns a component's task: which run is the current one, and that no other run's result is ever shown. */
import type { Body, CancelRequest, Runtime, Task, TaskOptions } from "@asupersync/browser";
import { cancelLeft, Lifetime } from "./lifetime.js";
import { Store } from "./store.js";
import { idleView, outcomeView, runningView, type TaskView } from "./task-view.js";

/** A view, and the run that it tells of. No run: nothing was started since the component was last shown. */
export interface TaskSnapshot<T> {
  readonly run: number | undefined;
  readonly view: TaskView<T>;
}

/** What one run does. */
export interface RunRequest<T> {
  readonly run: number;
  readonly body: Body<T>;
  readonly options: TaskOptions;
  readonly keepLatest: boolean;
}

/** One a component. Making it starts nothing. */
export class TaskOwner<T> {
  readonly #store = new Store<TaskSnapshot<T>>({ run: undefined, view: idleView<T>(undefined) });
  readonly #lifetime = new Lifetime<Generation<T>>((ended, why) => this.#end(ended, why));

  readonly subscribe = this.#store.subscribe;
  readonly getSnapshot = this.#store.getSnapshot;

  /**
   * Starts a run, or keeps the one that a StrictMode remount left. An earlier run is cancelled as
   * superseded and drains on its own; the new one does not wait for it.
   *
   * The body is part of the key: a remount has the identical function, whereas Fast Refresh runs
   * effects again with a new one, which must run.
   *
   * @returns The effect's cleanup.
   */
  hold(runtime: Runtime, request: RunRequest<T>): () => void {
    return this.#lifetime.hold([runtime, request.run, request.body], () =>
      this.#start(runtime, request),
    );
  }

  /** Ends the current run, if there is one, without another to follow. */
  rest(why: CancelRequest): void {
    this.#lifetime.end(why);
  }

  /** Asks the current run to end; its outcome follows when it has drained. */
  readonly cancel = (reason: CancelRequest = "user"): void => {
    this.#lifetime.current?.task?.cancel(reason);
  };

  #start(runtime: Runtime, { run, body, options, keepLatest }: RunRequest<T>): Generation<T> {
    const latest = keepLatest ? this.getSnapshot().view.latest : undefined;
    let generation: Generation<T>;
    try {
      generation = { task: runtime.spawn(body, options) };
    } catch (error) {
      // A closed runtime is a state to show, not a reason to tear the tree down from an effect.
      this.#store.publish({ run, view: outcomeView({ kind: "err", error }, latest) });
      return { task: undefined };
    }
    this.#store.publish({ run, view: runningView(latest) });
    void generation.task?.join().then((outcome) => {
      // Invariant: only the current generation may publish. Whatever a run that was superseded or
      // unmounted still produces ends here.
      if (this.#lifetime.current !== generation) return;
      this.#store.publish({ run, view: outcomeView(outcome, latest) });
    });
    return generation;
  }

  #end({ task }: Generation<T>, why: CancelRequest): void {
    this.#store.publish({ run: undefined, view: idleView(this.getSnapshot().view.latest) });
    cancelLeft(task, why);
  }
}

/** One run as it was started; compared by identity. Without a task: the runtime refused it. */
interface Generation<T> {
  readonly task: Task<T> | undefined;
}
