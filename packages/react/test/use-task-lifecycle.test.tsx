/** The faults that React's lifecycle has in store for a task, one test each. */
import type { Cx } from "@asupersync/browser";
import { Activity, createRef, type ReactNode, Suspense, use, useEffect } from "react";
import { expect, it } from "vitest";
import {
  AsupersyncProvider,
  type UseTaskOptions,
  type UseTaskResult,
  useAsupersyncTask,
} from "../src/index.js";
import {
  atEnd,
  Boundary,
  deferred,
  eventLoopTurn,
  inBothModes,
  openRuntime,
  Probe,
  untilAborted,
  useProbe,
  waiter,
  whenDrained,
} from "./harness.js";

interface SubjectProps<T> {
  readonly body: (cx: Cx) => Promise<T>;
  readonly options?: UseTaskOptions;
  readonly probe?: Probe<UseTaskResult<T>>;
  readonly waitsFor?: Promise<unknown> | undefined;
}

function Subject<T>({ body, options, probe = new Probe(), waitsFor }: SubjectProps<T>): ReactNode {
  const task = useAsupersyncTask(body, [], options);
  useProbe(probe, task);
  if (waitsFor !== undefined) use(waitsFor);
  return task.status;
}

inBothModes("the lifecycle of a task", (mount) => {
  it("cancels with kind unmount and drains when the component is unmounted", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<UseTaskResult<never>>();
    const cleanup = deferred();
    const aborted = deferred();
    const { body, started, ended } = waiter();
    const page = mount(
      <AsupersyncProvider runtime={runtime}>
        <Subject
          body={async (cx) => {
            cx.signal.addEventListener("abort", () => aborted.resolve());
            cx.defer(() => cleanup.promise);
            return body(cx);
          }}
          probe={probe}
        />
      </AsupersyncProvider>,
    );
    await started;
    page.unmount();
    const commits = probe.seen.length;
    expect(await ended).toMatchObject({ kind: "unmount" });
    await aborted.promise;
    expect(runtime.snapshot().root.children).toHaveLength(1);
    cleanup.resolve();
    await whenDrained(runtime);
    expect(runtime.snapshot().counts).toMatchObject({ tasks: 0, hostOps: 0 });
    expect(probe.seen).toHaveLength(commits);
  });

  it("starts a fresh run for a component that is mounted again after an unmount", async () => {
    const runtime = await openRuntime();
    const first = waiter();
    const second = waiter();
    const tree = (subject: ReactNode) => (
      <AsupersyncProvider runtime={runtime}>{subject}</AsupersyncProvider>
    );
    const page = mount(tree(<Subject key="first" body={first.body} />));
    await first.started;
    page.render(tree(<Subject key="second" body={second.body} />));
    await second.started;
    expect(await first.ended).toMatchObject({ kind: "unmount" });
    expect(second.calls[0]?.cancelled).toBeUndefined();
  });

  it("ends at hide and starts anew at show", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<UseTaskResult<never>>();
    const runs = [waiter(), waiter()] as const;
    let begun = 0;
    const body = (cx: Cx): Promise<never> => {
      const run = runs[begun++];
      if (run === undefined) throw new Error("expected two runs, got a third");
      return run.body(cx);
    };
    const tree = (mode: "visible" | "hidden") => (
      <AsupersyncProvider runtime={runtime}>
        <Activity mode={mode}>
          <Subject body={body} probe={probe} />
        </Activity>
      </AsupersyncProvider>
    );
    const page = mount(tree("visible"));
    await runs[0].started;
    page.render(tree("hidden"));
    expect(await runs[0].ended).toMatchObject({ kind: "unmount" });
    await whenDrained(runtime);
    const shownBefore = probe.seen.length;
    page.render(tree("visible"));
    await runs[1].started;
    expect(runs[1].calls[0]?.cancelled).toBeUndefined();
    const shownAgain = probe.seen.slice(shownBefore).map((task) => task.status);
    expect(shownAgain).not.toContain("cancelled");
    expect(begun).toBe(2);
  });

  it("runs nothing for a tree that is rendered hidden, until it is shown", async () => {
    const runtime = await openRuntime();
    const { body, started, calls } = waiter();
    const tree = (mode: "visible" | "hidden") => (
      <AsupersyncProvider runtime={runtime}>
        <Activity mode={mode}>
          <Subject body={body} />
        </Activity>
      </AsupersyncProvider>
    );
    const page = mount(tree("hidden"));
    await eventLoopTurn();
    expect(calls).toHaveLength(0);
    page.render(tree("visible"));
    await started;
    expect(calls).toHaveLength(1);
  });

  it("runs nothing for a tree that suspends and never commits", async () => {
    const runtime = await openRuntime();
    const { body, calls } = waiter();
    const never = new Promise(() => undefined);
    const tree = () => (
      <AsupersyncProvider runtime={runtime}>
        <Suspense fallback="waiting">
          <Subject body={body} waitsFor={never} />
        </Suspense>
      </AsupersyncProvider>
    );
    const page = mount(tree());
    for (let render = 0; render < 12; render += 1) page.render(tree());
    await eventLoopTurn();
    page.unmount();
    await eventLoopTurn();
    expect(calls).toHaveLength(0);
    expect(runtime.snapshot().root.children).toHaveLength(0);
  });

  it("runs once for a tree that suspends first and commits then", async () => {
    const runtime = await openRuntime();
    const gate = deferred();
    const { body, started, calls } = waiter();
    mount(
      <AsupersyncProvider runtime={runtime}>
        <Suspense fallback="waiting">
          <Subject body={body} waitsFor={gate.promise} />
        </Suspense>
      </AsupersyncProvider>,
    );
    expect(calls).toHaveLength(0);
    gate.resolve();
    await started;
    await eventLoopTurn();
    expect(calls).toHaveLength(1);
    expect(runtime.snapshot().root.children).toHaveLength(1);
  });

  it("goes on while a mounted tree suspends again", async () => {
    const runtime = await openRuntime();
    const gate = deferred();
    const finish = deferred<string>();
    const probe = new Probe<UseTaskResult<string>>();
    let runs = 0;
    const body = () => {
      runs += 1;
      return finish.promise;
    };
    const tree = (waitsFor?: Promise<unknown>) => (
      <AsupersyncProvider runtime={runtime}>
        <Suspense fallback="waiting">
          <Subject body={body} probe={probe} waitsFor={waitsFor} />
        </Suspense>
      </AsupersyncProvider>
    );
    const page = mount(tree());
    await probe.when((task) => task.isRunning);
    page.render(tree(gate.promise));
    await eventLoopTurn();
    finish.resolve("done meanwhile");
    await whenDrained(runtime);
    gate.resolve();
    await probe.when((task) => task.value === "done meanwhile");
    expect(runs).toBe(1);
  });

  it("runs nothing for a render that throws, and runs afresh when the boundary tries again", async () => {
    const runtime = await openRuntime();
    const caught: unknown[] = [];
    const boundary = createRef<Boundary>();
    const { body, started, calls } = waiter();
    const broken: { with: Error | undefined } = { with: new Error("broken render") };
    mount(
      <AsupersyncProvider runtime={runtime}>
        <Boundary ref={boundary} onCaught={(error) => caught.push(error)}>
          <Subject body={body} />
          <Broken by={broken} />
        </Boundary>
      </AsupersyncProvider>,
    );
    await eventLoopTurn();
    expect(caught).toEqual([broken.with]);
    expect(calls).toHaveLength(0);
    broken.with = undefined;
    boundary.current?.reset();
    await started;
    expect(calls).toHaveLength(1);
    expect(calls[0]?.cancelled).toBeUndefined();
  });

  it("cancels and drains a task whose sibling throws after it was mounted", async () => {
    const runtime = await openRuntime();
    const { body, started, ended } = waiter();
    const tree = (broken: Error | undefined) => (
      <AsupersyncProvider runtime={runtime}>
        <Boundary onCaught={() => undefined}>
          <Subject body={body} />
          <Broken by={{ with: broken }} />
        </Boundary>
      </AsupersyncProvider>
    );
    const page = mount(tree(undefined));
    await started;
    page.render(tree(new Error("broken sibling")));
    expect(await ended).toMatchObject({ kind: "unmount" });
    await whenDrained(runtime);
  });

  it("cancels when another component's cleanup throws", async () => {
    const runtime = await openRuntime();
    const { body, started, ended } = waiter();
    const thrown = new Error("broken cleanup");
    const broken: { with: Error | undefined } = { with: undefined };
    const page = mount(
      <AsupersyncProvider runtime={runtime}>
        <BrokenCleanup by={broken} />
        <Subject body={body} />
        <BrokenCleanup by={broken} />
      </AsupersyncProvider>,
    );
    await started;
    broken.with = thrown;
    page.unmount();
    expect(page.uncaught).toEqual([thrown, thrown]);
    expect(await ended).toMatchObject({ kind: "unmount" });
    await whenDrained(runtime);
  });

  it("throws a failure to the boundary if asked to, and starts afresh when it tries again", async () => {
    const runtime = await openRuntime();
    const caught: unknown[] = [];
    const boundary = createRef<Boundary>();
    const probe = new Probe<UseTaskResult<string>>();
    const thrown = { digest: "NEXT_REDIRECT" };
    let runs = 0;
    const body = async () => {
      runs += 1;
      if (runs === 1) throw thrown;
      return "second time";
    };
    const options: UseTaskOptions = { throwToBoundary: true };
    const fallback = deferred();
    const onCaught = (error: unknown) => {
      caught.push(error);
      fallback.resolve();
    };
    mount(
      <AsupersyncProvider runtime={runtime}>
        <Boundary ref={boundary} onCaught={onCaught}>
          <Subject body={body} options={options} probe={probe} />
        </Boundary>
      </AsupersyncProvider>,
    );
    await fallback.promise;
    expect(caught).toEqual([thrown]);
    expect(caught[0]).toBe(thrown);
    boundary.current?.reset();
    await probe.when((task) => task.value === "second time");
    expect(runs).toBe(2);
  });

  it("throws what a finalizer threw to the boundary if asked to", async () => {
    const runtime = await openRuntime();
    const caught = deferred<unknown>();
    const thrown = new Error("broken finalizer");
    const body = async (cx: Cx) => {
      cx.defer(() => {
        throw thrown;
      });
      return "a value that its finalizer spoilt";
    };
    mount(
      <AsupersyncProvider runtime={runtime}>
        <Boundary onCaught={caught.resolve}>
          <Subject body={body} options={{ throwToBoundary: true }} />
        </Boundary>
      </AsupersyncProvider>,
    );
    expect(await caught.promise).toBe(thrown);
  });

  it("never throws a cancellation to the boundary", async () => {
    const runtime = await openRuntime();
    const caught: unknown[] = [];
    const probe = new Probe<UseTaskResult<never>>();
    const { body, started } = waiter();
    mount(
      <AsupersyncProvider runtime={runtime}>
        <Boundary onCaught={(error) => caught.push(error)}>
          <Subject body={body} options={{ throwToBoundary: true }} probe={probe} />
        </Boundary>
      </AsupersyncProvider>,
    );
    await started;
    probe.last.cancelTask();
    await probe.when((task) => task.status === "cancelled");
    expect(caught).toEqual([]);
  });

  it("causes no unhandled rejection on any way out", async () => {
    const rejections = collectUnhandledRejections();
    const runtime = await openRuntime();
    const failing = async (cx: Cx): Promise<never> => {
      try {
        await cx.sleep(60_000);
      } finally {
        // A body that answers its cancellation with an error of its own.
        await Promise.reject(new Error("thrown while cancelled")).catch(() => undefined);
      }
      throw new Error("not reached");
    };
    const throwing = async (): Promise<never> => {
      throw new Error("failed at once");
    };
    const rejectingForeign = (cx: Cx): Promise<never> => Promise.resolve(cx.foreign(untilAborted));
    for (const body of [failing, throwing, rejectingForeign]) {
      const probe = new Probe<UseTaskResult<never>>();
      const tree = (key: string) => (
        <AsupersyncProvider runtime={runtime}>
          <Subject key={key} body={body} probe={probe} />
        </AsupersyncProvider>
      );
      const page = mount(tree("first"));
      await probe.when((task) => task.status !== "idle");
      await eventLoopTurn();
      page.render(tree("second"));
      await probe.when((task) => task.status !== "idle");
      await eventLoopTurn();
      probe.last.restart();
      await eventLoopTurn();
      probe.last.cancelTask();
      await eventLoopTurn();
      page.unmount();
      await whenDrained(runtime);
    }
    await eventLoopTurn();
    expect(rejections).toEqual([]);
  });
});

interface BrokenProps {
  /** Read when it is used, so that a test can break and mend it without a render. */
  readonly by: { readonly with: Error | undefined };
}

function Broken({ by }: BrokenProps): ReactNode {
  if (by.with !== undefined) throw by.with;
  return null;
}

function BrokenCleanup({ by }: BrokenProps): ReactNode {
  useEffect(
    () => () => {
      if (by.with !== undefined) throw by.with;
    },
    [by],
  );
  return null;
}

function collectUnhandledRejections(): unknown[] {
  const seen: unknown[] = [];
  const inNode = typeof process === "object" && typeof process.on === "function";
  if (inNode) {
    const note = (reason: unknown) => seen.push(reason);
    process.on("unhandledRejection", note);
    atEnd(async () => void process.off("unhandledRejection", note));
  } else {
    const note = (event: PromiseRejectionEvent) => seen.push(event.reason);
    window.addEventListener("unhandledrejection", note);
    atEnd(async () => window.removeEventListener("unhandledrejection", note));
  }
  return seen;
}
