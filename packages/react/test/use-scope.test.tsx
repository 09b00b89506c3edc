/** A component's scope: one while it is shown, a new one when it is shown again, never a closed one. */
import type { Scope, ScopeOptions } from "@asupersync/browser";
import { Activity, type ReactNode } from "react";
import { expect, it } from "vitest";
import { AsupersyncProvider, useAsupersyncScope } from "../src/index.js";
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

interface SubjectProps {
  readonly options?: ScopeOptions;
  readonly probe: Probe<Scope | undefined>;
}

function Subject({ options, probe }: SubjectProps): ReactNode {
  const scope = useAsupersyncScope(options);
  useProbe(probe, scope);
  return scope === undefined ? "none" : scope.state;
}

function isThere(scope: Scope | undefined): scope is Scope {
  return scope !== undefined;
}

inBothModes("useAsupersyncScope", (mount) => {
  it("opens exactly one scope, in the commit", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<Scope | undefined>();
    mount(
      <AsupersyncProvider runtime={runtime}>
        <Subject options={{ label: "panel" }} probe={probe} />
      </AsupersyncProvider>,
    );
    expect(probe.seen[0]).toBeUndefined();
    const scope = await probe.when(isThere);
    await eventLoopTurn();
    expect(scope.state).toBe("open");
    expect(scope.label).toBe("panel");
    expect(new Set(probe.seen.filter(isThere))).toEqual(new Set([scope]));
    expect(runtime.snapshot().root.children).toMatchObject([{ type: "scope", label: "panel" }]);
  });

  it("outlives a failed task", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<Scope | undefined>();
    mount(
      <AsupersyncProvider runtime={runtime}>
        <Subject probe={probe} />
      </AsupersyncProvider>,
    );
    const scope = await probe.when(isThere);
    const failed = await scope.run(async () => {
      throw new Error("one of many");
    });
    expect(failed.kind).toBe("err");
    expect(await scope.run(async () => "still open")).toEqual({ kind: "ok", value: "still open" });
  });

  it("cancels its tasks with kind unmount, drains and closes when it is unmounted", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<Scope | undefined>();
    const page = mount(
      <AsupersyncProvider runtime={runtime}>
        <Subject probe={probe} />
      </AsupersyncProvider>,
    );
    const scope = await probe.when(isThere);
    const { body, started, ended } = waiter();
    const task = scope.spawn(body);
    await started;
    const cleanup = deferred();
    scope.defer(() => cleanup.promise);
    page.unmount();
    expect(firstCause(await ended)).toMatchObject({ kind: "unmount" });
    expect((await task.join()).kind).toBe("cancelled");
    expect(scope.state).not.toBe("closed");
    cleanup.resolve();
    await scope.close();
    expect(scope.state).toBe("closed");
    await whenDrained(runtime);
  });

  it("is closed at hide, and another one at show", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<Scope | undefined>();
    const tree = (mode: "visible" | "hidden") => (
      <AsupersyncProvider runtime={runtime}>
        <Activity mode={mode}>
          <Subject probe={probe} />
        </Activity>
      </AsupersyncProvider>
    );
    const page = mount(tree("visible"));
    const first = await probe.when(isThere);
    page.render(tree("hidden"));
    await whenDrained(runtime);
    expect(first.state).toBe("closed");
    const shownBefore = probe.seen.length;
    page.render(tree("visible"));
    const second = await probe.when((scope) => isThere(scope) && scope !== first);
    expect(second?.state).toBe("open");
    expect(probe.seen.slice(shownBefore)).not.toContain(first);
  });

  it("is another one when its label changes", async () => {
    const runtime = await openRuntime();
    const probe = new Probe<Scope | undefined>();
    const tree = (label: string) => (
      <AsupersyncProvider runtime={runtime}>
        <Subject options={{ label }} probe={probe} />
      </AsupersyncProvider>
    );
    const page = mount(tree("one"));
    const first = await probe.when(isThere);
    const { body, started, ended } = waiter();
    first.spawn(body);
    await started;
    page.render(tree("two"));
    const second = await probe.when((scope) => isThere(scope) && scope !== first);
    expect(second?.label).toBe("two");
    expect(firstCause(await ended)).toMatchObject({ kind: "user", message: "superseded" });
    expect((await first.close()).kind).not.toBe("panicked");
  });

  it("leaves a failing finalizer to the runtime's report, and lets the others run", async () => {
    const failures: unknown[] = [];
    const runtime = await openRuntime({ onFailure: (failure) => failures.push(failure) });
    const probe = new Probe<Scope | undefined>();
    const page = mount(
      <AsupersyncProvider runtime={runtime}>
        <Subject probe={probe} />
      </AsupersyncProvider>,
    );
    const scope = await probe.when(isThere);
    const other = deferred();
    const thrown = new Error("broken finalizer");
    scope.defer(() => other.resolve());
    scope.defer(() => {
      throw thrown;
    });
    page.unmount();
    await other.promise;
    await whenDrained(runtime);
    expect(page.uncaught).toEqual([]);
    const { failures: reported } = await runtime.close();
    expect(JSON.stringify([failures, reported], namesOfErrors)).toContain(thrown.message);
  });

  it("is undefined when the runtime is closed already", async () => {
    const runtime = await openRuntime();
    await runtime.close();
    const probe = new Probe<Scope | undefined>();
    const page = mount(
      <AsupersyncProvider runtime={runtime}>
        <Subject probe={probe} />
      </AsupersyncProvider>,
    );
    await eventLoopTurn();
    expect(page.text()).toBe("none");
    expect(page.uncaught).toEqual([]);
  });
});

function namesOfErrors(_key: string, value: unknown): unknown {
  return value instanceof Error ? value.message : value;
}
