/** Where a provider's runtime comes from, who closes it, and that never two of them win. */
import { createRuntime, type Runtime } from "@asupersync/browser";
import { Activity, type ReactNode } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { AsupersyncProvider, createRuntimeStore, useAsupersyncRuntime } from "../src/index.js";
import {
  atEnd,
  Boundary,
  deferred,
  eventLoopTurn,
  inBothModes,
  openRuntime,
  Probe,
  useProbe,
} from "./harness.js";

vi.mock("@asupersync/browser", async (importOriginal) => {
  const original = await importOriginal<typeof import("@asupersync/browser")>();
  return { ...original, createRuntime: vi.fn(original.createRuntime) };
});
const create = vi.mocked(createRuntime);
const createForReal = create.getMockImplementation() ?? createRuntime;

afterEach(() => {
  create.mockReset();
  create.mockImplementation(createForReal);
});

function Subject({ probe }: { readonly probe: Probe<Runtime | undefined> }): ReactNode {
  const runtime = useAsupersyncRuntime();
  useProbe(probe, runtime);
  return runtime === undefined ? "none" : runtime.state;
}

function isThere(runtime: Runtime | undefined): runtime is Runtime {
  return runtime !== undefined;
}

/** Everything that `createRuntime` made since the test began. */
function made(): Promise<Runtime[]> {
  return Promise.all(create.mock.results.map(({ value }) => value as Promise<Runtime>));
}

inBothModes("a provider that owns its runtime", (mount) => {
  it("opens one runtime, with its options, and closes it when it is unmounted", async () => {
    const probe = new Probe<Runtime | undefined>();
    const page = mount(
      <AsupersyncProvider options={{ label: "owned" }}>
        <Subject probe={probe} />
      </AsupersyncProvider>,
    );
    expect(probe.seen[0]).toBeUndefined();
    const runtime = await probe.when(isThere);
    expect(create.mock.calls).toEqual([[{ label: "owned" }]]);
    page.unmount();
    await eventLoopTurn();
    expect(runtime.state).not.toBe("open");
    expect((await runtime.close()).outcome).toBe("clean");
  });

  it("closes a runtime that arrives after it was unmounted, at once", async () => {
    const gate = deferred();
    create.mockImplementation(async (options) => {
      await gate.promise;
      return createForReal(options);
    });
    const probe = new Probe<Runtime | undefined>();
    const page = mount(
      <AsupersyncProvider>
        <Subject probe={probe} />
      </AsupersyncProvider>,
    );
    await eventLoopTurn();
    page.unmount();
    await eventLoopTurn();
    gate.resolve();
    const [late, ...others] = await made();
    await eventLoopTurn();
    expect(others).toEqual([]);
    expect(late?.state).not.toBe("open");
    expect(probe.seen.filter(isThere)).toEqual([]);
  });

  it("lets exactly one runtime win when the first arrives after a hide and a show", async () => {
    const gates = [deferred(), deferred()] as const;
    create.mockImplementation(async (options) => {
      await gates[create.mock.calls.length - 1]?.promise;
      return createForReal(options);
    });
    const probe = new Probe<Runtime | undefined>();
    const tree = (mode: "visible" | "hidden") => (
      <Activity mode={mode}>
        <AsupersyncProvider>
          <Subject probe={probe} />
        </AsupersyncProvider>
      </Activity>
    );
    const page = mount(tree("visible"));
    await eventLoopTurn();
    page.render(tree("hidden"));
    await eventLoopTurn();
    page.render(tree("visible"));
    await eventLoopTurn();
    expect(create).toHaveBeenCalledTimes(2);
    gates[1].resolve();
    const winner = await probe.when(isThere);
    gates[0].resolve();
    const both = await made();
    await eventLoopTurn();
    expect(both.filter((runtime) => runtime.state === "open")).toEqual([winner]);
    expect(new Set(probe.seen.filter(isThere))).toEqual(new Set([winner]));
  });

  it("tells onError once when the runtime cannot be loaded", async () => {
    const broken = new Error("no wasm here");
    create.mockRejectedValue(broken);
    const told: unknown[] = [];
    const failed = deferred();
    const onError = (error: unknown) => {
      told.push(error);
      failed.resolve();
    };
    const probe = new Probe<Runtime | undefined>();
    const page = mount(
      <AsupersyncProvider onError={onError}>
        <Subject probe={probe} />
      </AsupersyncProvider>,
    );
    await failed.promise;
    await eventLoopTurn();
    expect(told).toEqual([broken]);
    expect(page.text()).toBe("none");
  });
});

inBothModes("a provider that is given a runtime", (mount) => {
  it("takes a runtime, a promise of it and a store, and closes none of them", async () => {
    const runtime = await openRuntime();
    const store = createRuntimeStore();
    atEnd(async () => void (await store.close()));
    for (const source of [runtime, Promise.resolve(runtime), store]) {
      const probe = new Probe<Runtime | undefined>();
      const page = mount(
        <AsupersyncProvider runtime={source}>
          <Subject probe={probe} />
        </AsupersyncProvider>,
      );
      const given = await probe.when(isThere);
      if (source !== store) expect(given).toBe(runtime);
      page.unmount();
      await eventLoopTurn();
      expect(given.state).toBe("open");
    }
  });

  it("follows a store that is closed and loaded again", async () => {
    const store = createRuntimeStore();
    atEnd(async () => void (await store.close()));
    const probe = new Probe<Runtime | undefined>();
    mount(
      <AsupersyncProvider runtime={store}>
        <Subject probe={probe} />
      </AsupersyncProvider>,
    );
    const first = await probe.when(isThere);
    expect((await store.close())?.outcome).toBe("clean");
    await probe.when((runtime) => runtime === undefined);
    const second = await store.load();
    expect(second).not.toBe(first);
    await probe.when((runtime) => runtime === second);
  });

  it("opens none while it is given undefined", async () => {
    const probe = new Probe<Runtime | undefined>();
    mount(
      <AsupersyncProvider runtime={undefined}>
        <Subject probe={probe} />
      </AsupersyncProvider>,
    );
    await eventLoopTurn();
    expect(create).not.toHaveBeenCalled();
    expect(probe.last).toBeUndefined();
  });

  it("tells onError when the promise rejects", async () => {
    const broken = new Error("never came");
    const told = deferred<unknown>();
    const probe = new Probe<Runtime | undefined>();
    const source = Promise.reject(broken);
    mount(
      <AsupersyncProvider runtime={source} onError={(error) => told.resolve(error)}>
        <Subject probe={probe} />
      </AsupersyncProvider>,
    );
    expect(await told.promise).toBe(broken);
  });
});

inBothModes("no provider", (mount) => {
  it("is a typed error that says what to do", () => {
    const caught: unknown[] = [];
    mount(
      <Boundary onCaught={(error) => caught.push(error)}>
        <Subject probe={new Probe()} />
      </Boundary>,
    );
    expect(caught).toMatchObject([
      { name: "AsupersyncReactError", code: "REACT_PROVIDER_MISSING", received: "none" },
    ]);
  });
});
