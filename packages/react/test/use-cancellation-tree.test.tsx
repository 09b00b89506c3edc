/** The live tree: follows the runtime, re-renders only when it changed, and keeps its subscriptions balanced. */
import type { Runtime, RuntimeSnapshot } from "@asupersync/browser";
import type { ReactNode } from "react";
import { expect, it } from "vitest";
import { AsupersyncProvider, useAsupersyncCancellationTree } from "../src/index.js";
import {
  deferred,
  eventLoopTurn,
  inBothModes,
  openRuntime,
  Probe,
  useProbe,
  waiter,
  whenDrained,
} from "./harness.js";

function Subject({ probe }: { readonly probe: Probe<RuntimeSnapshot> }): ReactNode {
  const snapshot = useAsupersyncCancellationTree();
  useProbe(probe, snapshot);
  return snapshot.root.children.length;
}

inBothModes("useAsupersyncCancellationTree", (mount) => {
  it("shows a task while it lives", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<RuntimeSnapshot>();
    mount(
      <AsupersyncProvider runtime={runtime}>
        <Subject probe={probe} />
      </AsupersyncProvider>,
    );
    const { body, started } = waiter();
    const task = runtime.spawn(body, { label: "report" });
    await started;
    const { root } = await probe.when(({ root }) => root.children.length === 1);
    expect(root.children[0]).toMatchObject({ type: "task", label: "report" });
    task.cancel();
    await task.join();
    await probe.when(({ root }) => root.children.length === 0);
  });

  it("empties when the task ends by a promise of its own, between two turns", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<RuntimeSnapshot>();
    mount(
      <AsupersyncProvider runtime={runtime}>
        <Subject probe={probe} />
      </AsupersyncProvider>,
    );
    const finish = deferred();
    runtime.spawn(() => finish.promise);
    await probe.when(({ root }) => root.children.length === 1);
    await eventLoopTurn();
    finish.resolve();
    await probe.when(({ root }) => root.children.length === 0);
  });

  it("renders nothing while nothing changes", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<RuntimeSnapshot>();
    mount(
      <AsupersyncProvider runtime={runtime}>
        <Subject probe={probe} />
      </AsupersyncProvider>,
    );
    await eventLoopTurn();
    const commits = probe.seen.length;
    await eventLoopTurn();
    await eventLoopTurn();
    expect(probe.seen).toHaveLength(commits);
  });

  it("leaves as often as it subscribed", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<RuntimeSnapshot>();
    const count = countSubscriptions(runtime);
    const page = mount(
      <AsupersyncProvider runtime={runtime}>
        <Subject probe={probe} />
      </AsupersyncProvider>,
    );
    const { body, started, calls } = waiter();
    const task = runtime.spawn(body);
    await started;
    task.cancel();
    await whenDrained(runtime);
    expect(calls).toHaveLength(1);
    expect(count.live()).toBe(1);
    page.unmount();
    expect(count.live()).toBe(0);
  });

  it("is an empty closed tree until the runtime is there", async () => {
    const probe = new Probe<RuntimeSnapshot>();
    mount(
      <AsupersyncProvider runtime={undefined}>
        <Subject probe={probe} />
      </AsupersyncProvider>,
    );
    await eventLoopTurn();
    expect(probe.last.root).toMatchObject({ state: "closed", children: [] });
    expect(probe.last.counts).toEqual({ tasks: 0, scopes: 0, hostOps: 0, timers: 0 });
  });
});

/** Counts what React does; subscriptions that the harness makes end before they are counted. */
function countSubscriptions(runtime: Runtime): { live(): number } {
  let live = 0;
  const subscribe = runtime.subscribe.bind(runtime);
  runtime.subscribe = (listener) => {
    const unsubscribe = subscribe(listener);
    live += 1;
    return () => {
      unsubscribe();
      live -= 1;
    };
  };
  return { live: () => live };
}
