/** Owns `cx.map`: a body for each of many items, so many at a time. */
import { OutcomeCode, PolicyCode } from "@asupersync/browser-core";
import { IS_DEVELOPMENT } from "#environment";
import { isCancellation } from "../abort-reason.js";
import { callAs } from "../active.js";
import { spawnChild } from "../children.js";
import { addOperation, type Cx, taskOf } from "../cx.js";
import { deferTo } from "../defer.js";
import { type AnyIterable, checkSource, iteratorMaker, type Source } from "../flow/source.js";
import { foreignOp } from "../foreign.js";
import { CHECKPOINT, type Op, OpRecord } from "../op.js";
import { keepShape } from "../shapes.js";
import { advance } from "../step.js";
import type { TaskRecord } from "../task.js";
import { checkBody, checkLabel, checkOptions, checkWhole, invalidArgument } from "../validate.js";
import { joinOp } from "../wait.js";
import { Composite, openBranches } from "./composite.js";

addOperation("map", mapOp);

declare module "../cx.js" {
  interface Cx {
    /**
     * Runs `body` for each of `items`, for at most `concurrency` of them at once, and gives the values
     * in the order of the items. An item is taken only when it can begin. Of no items the values are
     * `[]`.
     *
     * The first failure cancels the others, and it fails with that when they have drained; no further
     * item is taken, and the iterator's `return` is called. What the iterator itself throws is such a
     * failure.
     *
     * @param items Anything that can be iterated, also by `for await`; or a function that gives it, whose
     *   `cx` is for what waits by one, such as the values of a channel: its waits are cancelled with the
     *   rest. An asynchronous iterator that waits for anything else holds up the end until it answers,
     *   like `cx.foreign`.
     * @param body Also told the item, and its place from 0.
     * @example
     * ```ts
     * const pages = await cx.map(urls, { concurrency: 4 }, async (cx, url) => {
     *   const response = await cx.fetch(url);
     *   return response.text();
     * });
     * ```
     * @throws {AsupersyncError} `INVALID_ARGUMENT`, `INVALID_NUMBER`; `CX_FOREIGN` for items that wait by
     *   the `cx` around it and have no `return` by which they could be told to stop.
     */
    map<I, T>(items: Source<I>, options: MapOptions, body: ItemBody<I, T>): Op<T[]>;
  }
}

/** A body for one item of many; `index` is its place, from 0. */
export type ItemBody<I, T> = (
  cx: Cx,
  item: I,
  index: number,
) => Generator<Op<unknown>, T, unknown> | PromiseLike<T> | T;

/** How many items are worked on at a time. */
export interface MapOptions {
  /** Items at most that have begun and not ended: whole, at least 1, or `Infinity`. */
  readonly concurrency: number;
  /** Its name in snapshots; 200 characters are kept. Default `map`. */
  readonly label?: string;
}

const MAP_OPTIONS = ["concurrency", "label"] as const satisfies readonly (keyof MapOptions)[];

/** See {@link Cx.map}. */
function mapOp<I, T>(
  task: TaskRecord,
  items: Source<I>,
  options: MapOptions,
  body: ItemBody<I, T>,
): Op<T[]> {
  checkSource(items);
  if (options === undefined || typeof options === "function") {
    const mend = "pass the options before the body: cx.map(items, { concurrency }, body)";
    throw invalidArgument(options, "map options", mend);
  }
  checkOptions(options, MAP_OPTIONS, "map options");
  const { concurrency } = options;
  if (concurrency !== Number.POSITIVE_INFINITY) {
    checkWhole(concurrency, 1, Number.MAX_SAFE_INTEGER, "concurrency");
  }
  checkBody(body);
  const label = checkLabel(options.label) ?? "map";
  const scope = openBranches(task, { policy: PolicyCode.failFast, flags: 0, label });
  keepShape(task.scope.runtime, idleMapping);
  return new Mapping(task, scope).begin(items, concurrency, body as ItemBody<unknown, T>);
}

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

class Mapping extends Composite {
  readonly #values: unknown[] = [];
  /** The items that are worked on, by their tasks. */
  readonly #running = new Map<TaskRecord, number>();
  #okCount = 0;
  #isExhausted = false;
  /** The first item to end without a value. */
  #failed: TaskRecord | undefined = undefined;
  /** What the conductor waits for until an item ends. */
  #end: OpRecord<void> | undefined = undefined;

  begin<T>(items: Source<unknown>, concurrency: number, body: ItemBody<unknown, T>): Op<T[]> {
    const conductor = (cx: Cx) => this.#conduct(cx, items, concurrency, body);
    return this.start([conductor], { label: "items" });
  }

  *#conduct(
    cx: Cx,
    items: Source<unknown>,
    concurrency: number,
    body: ItemBody<unknown, unknown>,
  ): Generator<Op<unknown>, void, unknown> {
    const task = taskOf(cx);
    const source = this.#open(cx, items);
    try {
      while (this.#failed === undefined) {
        if (this.#running.size >= concurrency) {
          yield* this.#untilOneEnds(task);
          continue;
        }
        const next = source.isAsync ? yield* source.nextLater() : source.next();
        if (next.done === true) {
          this.#isExhausted = true;
          return;
        }
        // One may have ended without a value while the iterator was waited for.
        if (this.#failed === undefined) this.#spawn(task, body, next.value);
      }
    } finally {
      source.close();
    }
  }

  #open(cx: Cx, items: Source<unknown>): ItemIterator {
    const task = taskOf(cx);
    return typeof items === "function"
      ? new ItemIterator(task, task, items(cx))
      : new ItemIterator(task, this.task, items);
  }

  #spawn(task: TaskRecord, body: ItemBody<unknown, unknown>, item: unknown): void {
    const label = checkLabel(body.name) || "item";
    const index = this.#values.push(undefined) - 1;
    // Developer tools name a task as it is spawned. Options are checked, which thousands of items need not be.
    const options = IS_DEVELOPMENT ? { label } : undefined;
    const child = spawnChild(task, (cx) => body(cx, item, index), options);
    child.more().label = label;
    this.#running.set(child, index);
    void joinOp(task, child).then(
      () => this.#ended(child),
      (error) => this.#cancelled(error),
    );
  }

  *#untilOneEnds(task: TaskRecord): Generator<Op<unknown>, void, unknown> {
    // The kernel does not know of this wait, but of the joins that end it.
    this.#end = new OpRecord<void>(task, CHECKPOINT, undefined);
    yield* this.#end;
  }

  #ended(child: TaskRecord): void {
    this.#note(child);
    const end = this.#end;
    if (end === undefined) return;
    this.#end = undefined;
    end.fulfil(undefined);
    advance(end);
  }

  #cancelled(error: unknown): void {
    const end = this.#end;
    if (end === undefined) return;
    this.#end = undefined;
    end.fail(error);
    advance(end);
  }

  #note(child: TaskRecord): void {
    const index = this.#running.get(child);
    if (index === undefined) return;
    this.#running.delete(child);
    if (child.code === OutcomeCode.ok) {
      this.#values[index] = child.value;
      this.#okCount += 1;
    } else {
      this.#failed ??= child;
    }
  }

  protected override decide(op: OpRecord): void {
    this.ownCancellation();
    const [conductor] = this.branches;
    // The conductor has not waited for the last ones, whose task ends only after they have.
    for (const child of this.#running.keys()) this.#note(child);
    if (this.#isExhausted && this.#okCount === this.#values.length) op.fulfil(this.#values);
    else if (conductor === undefined) this.failCancelled(op);
    else if (conductor.code !== OutcomeCode.ok) this.followBranch(op, conductor);
    else this.failCancelled(op, this.#failed);
  }
}

/** The iterator of a map: asked for the next item, and told when no more are wanted. */
class ItemIterator {
  readonly isAsync: boolean;
  /** The task that asks. */
  readonly #task: TaskRecord;
  /** The task whose operations the iterator may wait for. */
  readonly #owner: TaskRecord;
  readonly #iterator: AnyIterator;
  /** Whether it gave its last item or threw: then it is not told. */
  #isDone = false;
  #closing: Promise<unknown> | undefined = undefined;

  constructor(task: TaskRecord, owner: TaskRecord, items: AnyIterable<unknown>) {
    const make = iteratorMaker(items);
    this.#task = task;
    this.isAsync = make === (items as AsyncIterable<unknown>)[Symbol.asyncIterator];
    this.#iterator = callAs(owner, () => make.call(items) as AnyIterator);
    // What the caller's own waits have under way would hold up the end if it cannot be told to stop.
    const canBeTold = !this.isAsync || typeof this.#iterator.return === "function";
    this.#owner = canBeTold ? owner : task;
    if (this.isAsync) deferTo(task, () => this.#closing);
  }

  next(): IteratorResult<unknown, unknown> {
    this.#isDone = true;
    const result = this.#ask() as IteratorResult<unknown, unknown>;
    this.#isDone = result.done === true;
    return result;
  }

  *nextLater(): Generator<Op<unknown>, IteratorResult<unknown, unknown>, unknown> {
    try {
      const result = yield* foreignOp(this.#task, async () => this.#ask(), { label: "next" });
      this.#isDone = result.done === true;
      return result;
    } catch (error) {
      this.#isDone = this.#task.cancelError === undefined;
      throw error;
    }
  }

  /** Tells it that no more are wanted, unless it knows. The conductor's task ends when it has let go. */
  close(): void {
    const iterator = this.#iterator;
    if (this.#isDone || typeof iterator.return !== "function") return;
    try {
      const closing: unknown = callAs(this.#owner, () => iterator.return?.());
      if (!this.isAsync) return;
      this.#closing = Promise.resolve(closing).catch((error) => this.#tell(error));
    } catch (error) {
      this.#tell(error);
    }
  }

  #ask(): IteratorResult<unknown, unknown> | Promise<IteratorResult<unknown, unknown>> {
    return callAs(this.#owner, () => this.#iterator.next());
  }

  /** The failure that ended the map comes first; this one is told apart. */
  #tell(error: unknown): void {
    if (isCancellation(error)) return;
    this.#task.scope.runtime.unobserved.reportCleanUp(this.#task, error);
  }
}

function idleMapping(task: TaskRecord): Mapping {
  return new Mapping(task, task.scope);
}
