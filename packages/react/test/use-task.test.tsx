/** What `useAsupersyncTask` shows of a task, and what its controls do. */
import type { Body, Cx } from "@asupersync/browser";
import type { ReactNode } from "react";
import { expect, expectTypeOf, it } from "vitest";
import {
  AsupersyncProvider,
  type UseTaskOptions,
  type UseTaskResult,
  useAsupersyncTask,
} from "../src/index.js";
import {
  deferred,
  eventLoopTurn,
  firstCause,
  inBothModes,
  openRuntime,
  Probe,
  useProbe,
  waiter,
  whenDrained,
} from "./harness.js";

interface Shown<T> {
  readonly q: string;
  readonly task: UseTaskResult<T>;
}

interface SubjectProps<T> {
  readonly body: (cx: Cx, q: string) => Promise<T>;
  readonly q?: string;
  readonly options?: UseTaskOptions;
  readonly probe: Probe<Shown<T>>;
}

function Subject<T>({ body, q = "", options, probe }: SubjectProps<T>): ReactNode {
  const task = useAsupersyncTask((cx) => body(cx, q), [q], options);
  useProbe(probe, { q, task });
  return task.status;
}

function GeneratorSubject({ probe }: { readonly probe: Probe<UseTaskResult<string>> }): ReactNode {
  const task = useAsupersyncTask<string>(function* (cx) {
    yield* cx.checkpoint();
    return "stepped";
  }, []);
  useProbe(probe, task);
  return null;
}

inBothModes("useAsupersyncTask", (mount) => {
  it("shows idle, running and ok, in this order", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<Shown<number>>();
    const body = async (cx: Cx) => {
      await cx.checkpoint();
      return 42;
    };
    const page = mount(
      <AsupersyncProvider runtime={runtime}>
        <Subject body={body} probe={probe} />
      </AsupersyncProvider>,
    );
    const { task } = await probe.when(({ task }) => task.status === "ok");
    expect(task).toMatchObject({ status: "ok", isRunning: false, value: 42, latest: 42 });
    expect(task.outcome).toEqual({ kind: "ok", value: 42 });
    const order = probe.seen.map((shown) => shown.task.status);
    expect(order.filter((status, index) => status !== order[index - 1])).toEqual([
      "idle",
      "running",
      "ok",
    ]);
    expect(page.text()).toBe("ok");
  });

  it("runs a generator body", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<UseTaskResult<string>>();
    mount(
      <AsupersyncProvider runtime={runtime}>
        <GeneratorSubject probe={probe} />
      </AsupersyncProvider>,
    );
    expect(await probe.when((task) => task.status === "ok")).toMatchObject({ value: "stepped" });
  });

  it("starts its work once", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<Shown<never>>();
    const { body, started, calls } = waiter();
    mount(
      <AsupersyncProvider runtime={runtime}>
        <Subject body={body} probe={probe} />
      </AsupersyncProvider>,
    );
    await started;
    await eventLoopTurn();
    expect(calls).toHaveLength(1);
    // A first task that is cancelled before its body runs would be a second start, too.
    expect(runtime.counters()).toMatchObject({ tasksSpawned: 1, tasksCancelled: 0 });
    expect(runtime.snapshot().root.children).toMatchObject([{ type: "task", cancel: undefined }]);
  });

  it("gives the very value that the body threw", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<Shown<never>>();
    const thrown = { reason: "not even an Error" };
    const body = async (): Promise<never> => {
      throw thrown;
    };
    mount(
      <AsupersyncProvider runtime={runtime}>
        <Subject body={body} probe={probe} />
      </AsupersyncProvider>,
    );
    const { task } = await probe.when(({ task }) => task.status === "err");
    expect(task.error).toBe(thrown);
    expect(task.value).toBeUndefined();
  });

  it("shows a cancelled task as cancelled, with its reason, once it has drained", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<Shown<never>>();
    const { body, started, ended } = waiter();
    mount(
      <AsupersyncProvider runtime={runtime}>
        <Subject body={body} probe={probe} />
      </AsupersyncProvider>,
    );
    await started;
    probe.last.task.cancelTask({ kind: "user", message: "enough" });
    const { task } = await probe.when(({ task }) => task.status === "cancelled");
    expect(task.cancel).toMatchObject({ kind: "user", message: "enough" });
    expect(await ended).toMatchObject({ kind: "user" });
    expect(runtime.snapshot().root.children).toHaveLength(0);
  });

  it("cancels for the user unless told otherwise", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<Shown<never>>();
    const { body, started, ended } = waiter();
    mount(
      <AsupersyncProvider runtime={runtime}>
        <Subject body={body} probe={probe} />
      </AsupersyncProvider>,
    );
    await started;
    probe.last.task.cancelTask();
    expect(await ended).toMatchObject({ kind: "user" });
  });

  it("supersedes the task when a dependency changes, and shows none of it any more", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<Shown<string>>();
    const first = waiter();
    const release = deferred();
    const body = async (cx: Cx, q: string): Promise<string> => {
      if (q === "a") return first.body(cx);
      await release.promise;
      return `hits for ${q}`;
    };
    const tree = (q: string) => (
      <AsupersyncProvider runtime={runtime}>
        <Subject body={body} q={q} probe={probe} />
      </AsupersyncProvider>
    );
    const page = mount(tree("a"));
    await first.started;
    page.render(tree("b"));
    expect(await first.ended).toMatchObject({ kind: "user", message: "superseded" });
    release.resolve();
    const { task } = await probe.when(({ task }) => task.status === "ok");
    expect(task.value).toBe("hits for b");
    expect(probe.seen.map((shown) => shown.task.status)).not.toContain("cancelled");
    expect(first.calls).toHaveLength(1);
  });

  it("shows a new dependency as running from its first commit on, with the latest value", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<Shown<string>>();
    const body = async (_cx: Cx, q: string) => q;
    const tree = (q: string) => (
      <AsupersyncProvider runtime={runtime}>
        <Subject body={body} q={q} probe={probe} />
      </AsupersyncProvider>
    );
    const page = mount(tree("a"));
    await probe.when(({ task }) => task.value === "a");
    page.render(tree("b"));
    const firstOfB = probe.seen.find(({ q }) => q === "b");
    expect(firstOfB?.task).toMatchObject({ status: "running", value: undefined, latest: "a" });
    await probe.when(({ task }) => task.value === "b");
  });

  it("forgets the latest value at a new run if asked to", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<Shown<string>>();
    const body = async (_cx: Cx, q: string) => q;
    const options: UseTaskOptions = { keepLatest: false };
    const tree = (q: string) => (
      <AsupersyncProvider runtime={runtime}>
        <Subject body={body} q={q} options={options} probe={probe} />
      </AsupersyncProvider>
    );
    const page = mount(tree("a"));
    await probe.when(({ task }) => task.value === "a");
    page.render(tree("b"));
    await probe.when(({ task }) => task.value === "b");
    const latestOfB = probe.seen.filter(({ q }) => q === "b").map(({ task }) => task.latest);
    expect(latestOfB).not.toContain("a");
  });

  it("runs again on restart, with the body of the last render", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<Shown<number>>();
    let runs = 0;
    const body = async () => ++runs;
    mount(
      <AsupersyncProvider runtime={runtime}>
        <Subject body={body} probe={probe} />
      </AsupersyncProvider>,
    );
    await probe.when(({ task }) => task.value === 1);
    probe.last.task.restart();
    await probe.when(({ task }) => task.value === 2);
    expect(runs).toBe(2);
  });

  it("supersedes a task that still runs on restart", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<Shown<never>>();
    const first = waiter();
    const second = waiter();
    const bodies = [first.body, second.body];
    const body = async (cx: Cx): Promise<never> => {
      const next = bodies.shift();
      if (next === undefined) throw new Error("expected two runs, got a third");
      return next(cx);
    };
    mount(
      <AsupersyncProvider runtime={runtime}>
        <Subject body={body} probe={probe} />
      </AsupersyncProvider>,
    );
    await first.started;
    probe.last.task.restart();
    expect(await first.ended).toMatchObject({ kind: "user", message: "superseded" });
    await second.started;
  });

  it("runs nothing while it is not enabled, and cancels when it no longer is", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<Shown<never>>();
    const { body, started, ended, calls } = waiter();
    const tree = (enabled: boolean) => (
      <AsupersyncProvider runtime={runtime}>
        <Subject body={body} options={{ enabled }} probe={probe} />
      </AsupersyncProvider>
    );
    const page = mount(tree(false));
    await eventLoopTurn();
    expect(calls).toHaveLength(0);
    expect(page.text()).toBe("idle");
    page.render(tree(true));
    await started;
    page.render(tree(false));
    expect(await ended).toMatchObject({ kind: "user", message: "disabled" });
    await whenDrained(runtime);
    expect(page.text()).toBe("idle");
    expect(calls).toHaveLength(1);
  });

  it("goes on when only the body's closure or an option changes", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<Shown<never>>();
    const { body, started, calls } = waiter();
    const tree = (label: string) => (
      <AsupersyncProvider runtime={runtime}>
        <Subject body={body} options={{ label }} probe={probe} />
      </AsupersyncProvider>
    );
    const page = mount(tree("one"));
    await started;
    page.render(tree("two"));
    await eventLoopTurn();
    expect(calls).toHaveLength(1);
    expect(calls[0]?.cancelled).toBeUndefined();
    expect(runtime.snapshot().root.children[0]).toMatchObject({ label: "one" });
  });

  it("keeps its result and its controls identical until something changed", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<Shown<number>>();
    const body = async () => 1;
    const tree = (
      <AsupersyncProvider runtime={runtime}>
        <Subject body={body} probe={probe} />
      </AsupersyncProvider>
    );
    const page = mount(tree);
    const before = await probe.when(({ task }) => task.status === "ok");
    page.render(
      <AsupersyncProvider runtime={runtime}>
        {<Subject body={body} probe={probe} />}
      </AsupersyncProvider>,
    );
    expect(probe.last.task).toBe(before.task);
    expect(probe.seen[0]?.task.restart).toBe(before.task.restart);
    expect(probe.seen[0]?.task.cancelTask).toBe(before.task.cancelTask);
  });

  it("shows a runtime that is closed already as a failure, and throws nothing", async () => {
    const runtime = await openRuntime();
    await runtime.close();
    const probe = new Probe<Shown<number>>();
    const page = mount(
      <AsupersyncProvider runtime={runtime}>
        <Subject body={async () => 1} probe={probe} />
      </AsupersyncProvider>,
    );
    const { task } = await probe.when(({ task }) => task.status === "err");
    expect(task.error).toMatchObject({ name: "AsupersyncError" });
    expect(page.uncaught).toEqual([]);
  });

  it("ends as cancelled with shutdown when the runtime closes under it", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<Shown<never>>();
    const { body, started } = waiter();
    mount(
      <AsupersyncProvider runtime={runtime}>
        <Subject body={body} probe={probe} />
      </AsupersyncProvider>,
    );
    await started;
    await runtime.close();
    const { task } = await probe.when(({ task }) => task.status === "cancelled");
    expect(firstCause(task.cancel)?.kind).toBe("shutdown");
  });

  it("narrows by status", () => {
    const narrow = (task: UseTaskResult<number>) => {
      if (task.status === "ok") expectTypeOf(task.value).toEqualTypeOf<number>();
      else expectTypeOf(task.value).toEqualTypeOf<undefined>();
      if (task.status === "cancelled")
        expectTypeOf(task.cancel.message).toEqualTypeOf<string | undefined>();
      if (task.isRunning) expectTypeOf(task.status).toEqualTypeOf<"running">();
      expectTypeOf(task.latest).toEqualTypeOf<number | undefined>();
    };
    expect(narrow).toBeTypeOf("function");
    expectTypeOf(useAsupersyncTask<number>)
      .parameter(0)
      .toEqualTypeOf<Body<number>>();
  });
});
