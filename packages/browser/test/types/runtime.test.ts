/**
 * What runtimes, scopes, tasks and outcomes infer, and that outcomes narrow by their kind. Checked by
 * `tsc -p tsconfig.test.json`; nothing in here is called.
 */
import { expectTypeOf, test } from "vitest";
import type {
  CancelInfo,
  Cx,
  Op,
  Outcome,
  PanicInfo,
  Runtime,
  Scope,
  Task,
} from "../../src/index.js";

declare const cx: Cx;
declare const runtime: Runtime;
declare const scope: Scope;
declare const outcome: Outcome<string>;

const text = async () => "text";
const flag = function* (inner: Cx) {
  yield* inner.checkpoint();
  return true;
};

test("a spawned body gives a task of its value", () => {
  const tasks = () =>
    [cx.spawn(text), scope.spawn(flag), runtime.spawn(() => 1), cx.children.spawn(text)] as const;
  expectTypeOf<ReturnType<typeof tasks>>().toEqualTypeOf<
    readonly [Task<string>, Task<boolean>, Task<number>, Task<string>]
  >();
  const nothing = () => runtime.spawn(async () => {});
  expectTypeOf<ReturnType<typeof nothing>>().toEqualTypeOf<Task<void>>();
});

test("runtime.run and scope.run give the outcome of the value", () => {
  const runs = () => [runtime.run(text), scope.run(flag)] as const;
  expectTypeOf<ReturnType<typeof runs>>().toEqualTypeOf<
    readonly [Promise<Outcome<string>>, Promise<Outcome<boolean>>]
  >();
});

test("a task gives its value, its outcome, and joins", () => {
  const task = {} as Task<string>;
  expectTypeOf(task.result).returns.toEqualTypeOf<Promise<string>>();
  expectTypeOf(task.join).returns.toEqualTypeOf<Promise<Outcome<string>>>();
  expectTypeOf(task.outcome).toEqualTypeOf<Outcome<string> | undefined>();
  const joined = () => cx.join(task);
  expectTypeOf<ReturnType<typeof joined>>().toEqualTypeOf<Op<Outcome<string>>>();
});

test("an outcome narrows by its kind, to what that kind has", () => {
  void (() => {
    switch (outcome.kind) {
      case "ok":
        expectTypeOf(outcome.value).toEqualTypeOf<string>();
        break;
      case "err":
        expectTypeOf(outcome.error).toBeUnknown();
        expectTypeOf(outcome.suppressed).toEqualTypeOf<readonly unknown[] | undefined>();
        break;
      case "cancelled":
        expectTypeOf(outcome.cancel).toEqualTypeOf<CancelInfo>();
        break;
      case "panicked":
        expectTypeOf(outcome.panic).toEqualTypeOf<PanicInfo>();
        break;
      default:
        expectTypeOf(outcome).toBeNever();
    }
  });
});

test("the error of an outcome may be named", () => {
  const named = {} as Outcome<number, TypeError>;
  if (named.kind === "err") expectTypeOf(named.error).toEqualTypeOf<TypeError>();
});

test("a task of a value stands where a task of anything is asked for", () => {
  expectTypeOf<Task<string>>().toExtend<Task<unknown>>();
  expectTypeOf<Outcome<string>>().toExtend<Outcome<unknown>>();
  expectTypeOf<Op<string>>().toExtend<PromiseLike<string>>();
});

test("wrong uses are errors", () => {
  void (() => {
    // @ts-expect-error: a promise is no body.
    void runtime.run(text());
    // @ts-expect-error: there is no such option.
    void cx.spawn(text, { name: "x" });
    // @ts-expect-error: a value is there only once it is known that there is one.
    outcome.value;
    // @ts-expect-error: an outcome does not change.
    outcome.kind = "ok";
    // @ts-expect-error: what a task gives is not known to be a number.
    const result: Promise<number> = runtime.spawn(text).result();
    // @ts-expect-error: it is a kind of the runtime's own.
    runtime.spawn(text).cancel("race-lost");
    // @ts-expect-error: a promise of nothing known cannot be joined.
    void cx.join(Promise.resolve(1));
    return result;
  });
});
