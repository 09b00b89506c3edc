/** Owns the types that flow from the module of a worker to the page: names, inputs, values and reports. */
import type { Cx } from "../cx.js";
import type { Op } from "../op.js";

/** What a task in a worker may ask for: all that any task may, and to report to the page. */
export interface WorkerCx<Report = never> extends Cx {
  /**
   * Hands `value` to whoever on the page listens to this call, and waits while they are behind: at most
   * as many reports are on their way as the page asked for. Nobody listening costs a checkpoint.
   *
   * It belongs to this task; children hand what they have to say to it.
   *
   * @param value What can be cloned; `transfer(value, list)` hands its buffers over.
   * @throws {AsupersyncError} `WORKER_UNCLONABLE`, `CX_ENDED`, `CX_FOREIGN`.
   */
  report(value: Report): Op<void>;
}

/**
 * A task that a worker offers: a body with an input, which was cloned or handed over. `async`, a
 * generator or a plain function, as any body.
 */
export type WorkerTask = (cx: WorkerCx<never>, input: never) => unknown;

/** Tasks by their names, as `defineTasks` takes them. */
export type WorkerTasks = { readonly [name: string]: WorkerTask };

type Rest<F> = F extends (cx: never, ...rest: infer P) => unknown ? P : never;

/** What a task is called with; undefined for one without. */
export type InputOf<F> = Rest<F> extends readonly [] ? undefined : Rest<F>[0];

/** What a task gives. */
export type OutputOf<F> = F extends (cx: never, input: never) => infer R
  ? R extends Generator<unknown, infer T, unknown>
    ? T
    : Awaited<R>
  : never;

/** What a task reports: the argument of the `WorkerCx` that it declares. */
export type ReportOf<F> = F extends (cx: WorkerCx<infer R>, ...rest: never) => unknown
  ? unknown extends R
    ? never
    : R
  : never;

/** The input, if the task has one, and the options of a call. */
export type CallArguments<F, Options> =
  undefined extends InputOf<F>
    ? [input?: InputOf<F>, options?: Options]
    : [input: InputOf<F>, options?: Options];
