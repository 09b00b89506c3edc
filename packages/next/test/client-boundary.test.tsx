/** What stands on the page: the fallback, then the component in its provider, or why not. */
import { createRuntime, type Runtime } from "@asupersync/browser";
import { useAsupersyncRuntime, useAsupersyncTask } from "@asupersync/react";
import { type ReactNode, StrictMode } from "react";
import { flushSync } from "react-dom";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, expect, it, vi } from "vitest";
import { withAsupersyncClientBoundary } from "../src/index.js";
import {
  atEnd,
  Commits,
  deferred,
  eventLoopTurn,
  inBothModes,
  openClientRuntime,
  whenReady,
} from "./harness.js";

vi.mock("@asupersync/browser", async (importOriginal) => {
  const original = await importOriginal<typeof import("@asupersync/browser")>();
  return { ...original, createRuntime: vi.fn(original.createRuntime) };
});
const create = vi.mocked(createRuntime);
const createForReal = create.getMockImplementation() ?? createRuntime;

afterEach(() => {
  vi.unstubAllGlobals();
  create.mockReset();
  create.mockImplementation(createForReal);
});

interface DashboardProps {
  readonly name: string;
  readonly onDone?: (value: string) => void;
}

function Dashboard({ name, onDone }: DashboardProps): ReactNode {
  const task = useAsupersyncTask(async () => `work of ${name}`, [name]);
  return (
    <p>
      {task.value ?? task.status}
      <Commits onCommit={() => task.status === "ok" && onDone?.(task.value)} />
    </p>
  );
}

/** A boundary around `Dashboard` and everything that it put on the page. */
function subject(onError?: (error: unknown, retry: () => void) => ReactNode) {
  const runtime = openClientRuntime("boundary");
  const Page = withAsupersyncClientBoundary(Dashboard, {
    runtime,
    fallback: <i>loading</i>,
    onError,
  });
  return { runtime, Page };
}

inBothModes("a client boundary", (mount) => {
  it("renders the fallback until the runtime is there, and then the component with its props", async () => {
    const { Page } = subject();
    const done = deferred<string>();
    const page = mount(<Page name="home" onDone={done.resolve} />);
    expect(page.text()).toBe("loading");
    expect(await done.promise).toBe("work of home");
    expect(page.text()).toBe("work of home");
    expect(create).toHaveBeenCalledTimes(1);
    expect(create.mock.calls).toEqual([[{ label: "boundary" }]]);
  });

  it("renders the component at once when the runtime is there already", async () => {
    const { runtime, Page } = subject();
    await runtime.load();
    const page = mount(<Page name="next page" />);
    expect(page.text()).not.toBe("loading");
    expect(create).toHaveBeenCalledTimes(1);
  });

  it("keeps the runtime when it is unmounted, and gives the same to the next page", async () => {
    const { runtime, Page } = subject();
    const first = deferred<string>();
    const page = mount(<Page name="one" onDone={first.resolve} />);
    await first.promise;
    const before = await whenReady(runtime);
    page.render(null);
    await eventLoopTurn();
    expect(before.state).toBe("open");
    const second = deferred<string>();
    page.render(<Page name="two" onDone={second.resolve} />);
    await second.promise;
    expect(runtime.getSnapshot().runtime).toBe(before);
  });

  it("shows the fallback again when the runtime is closed, and opens another at the next load", async () => {
    const { runtime, Page } = subject();
    const done = deferred<string>();
    const page = mount(<Page name="home" onDone={done.resolve} />);
    await done.promise;
    const first = await whenReady(runtime);
    expect((await runtime.close())?.outcome).toBe("clean");
    await eventLoopTurn();
    expect(page.text()).toBe("loading");
    expect(await runtime.load()).not.toBe(first);
  });

  it("shows a person a load that failed, with code and mend, and tries again", async () => {
    const reported = deferred<unknown>();
    vi.stubGlobal("reportError", reported.resolve);
    const broken = Object.assign(new Error("expected a wasm module, got HTML"), {
      code: "WASM_LOAD_FAILED",
      mend: "serve the file as application/wasm",
    });
    create.mockRejectedValueOnce(broken);
    const { Page } = subject();
    const done = deferred<string>();
    const page = mount(<Page name="home" onDone={done.resolve} />);
    expect(await reported.promise).toBe(broken);
    const alert = page.container.querySelector('[role="alert"]');
    expect(alert?.textContent).toContain("WASM_LOAD_FAILED");
    expect(alert?.textContent).toContain("expected a wasm module, got HTML");
    expect(alert?.textContent).toContain("serve the file as application/wasm");
    alert?.querySelector("button")?.click();
    expect(await done.promise).toBe("work of home");
    expect(page.container.querySelector('[role="alert"]')).toBeNull();
  });

  it("renders a failed load by onError if there is one", async () => {
    const broken = { not: "an Error" };
    create.mockRejectedValueOnce(broken);
    const rendered = deferred<unknown>();
    const { Page } = subject((error) => (
      <b>
        sorry
        <Commits onCommit={() => rendered.resolve(error)} />
      </b>
    ));
    const page = mount(<Page name="home" />);
    expect(await rendered.promise).toBe(broken);
    expect(page.text()).toBe("sorry");
  });
});

it.each([["in strict mode"], ["without strict mode"]])(
  "hydrates the fallback without a mismatch, also when the runtime is there already, %s",
  async (mode) => {
    const { runtime, Page } = subject();
    const done = deferred<string>();
    const tree = <Page name="home" onDone={done.resolve} />;
    const container = document.body.appendChild(document.createElement("div"));
    container.innerHTML = renderToString(tree);
    expect(container.innerHTML).toBe("<i>loading</i>");
    await runtime.load();
    const mismatches: unknown[] = [];
    const root = flushSync(() =>
      hydrateRoot(container, mode === "in strict mode" ? <StrictMode>{tree}</StrictMode> : tree, {
        onRecoverableError: (error) => mismatches.push(error),
      }),
    );
    atEnd(async () => {
      flushSync(() => root.unmount());
      container.remove();
    });
    await done.promise;
    expect(mismatches).toEqual([]);
  },
);

inBothModes("Fast Refresh", (mount) => {
  it("leaves exactly one live runtime after the module ran 50 times", async () => {
    const made: Runtime[] = [];
    let page: ReturnType<typeof mount> | undefined;
    // What a module does that calls both functions at its top level, run again by each edit.
    const runModule = () => {
      const runtime = openClientRuntime("edited module");
      return {
        runtime,
        Page: withAsupersyncClientBoundary(ShowsRuntime, { runtime, fallback: "loading" }),
      };
    };
    for (let edit = 0; edit < 50; edit += 1) {
      const { runtime, Page } = runModule();
      if (page === undefined) page = mount(<Page />);
      else page.render(<Page />);
      made.push(await whenReady(runtime));
    }
    await eventLoopTurn();
    expect(made.filter((runtime) => runtime.state === "open")).toEqual([made.at(-1)]);
    expect(create).toHaveBeenCalledTimes(50);
  });

  it("lets a runtime that shares a label by intent work on while it is used", async () => {
    const first = openClientRuntime("shared label");
    const First = withAsupersyncClientBoundary(ShowsRuntime, { runtime: first });
    const page = mount(<First />);
    const runtime = await whenReady(first);
    openClientRuntime("shared label");
    await eventLoopTurn();
    expect(runtime.state).toBe("open");
    page.unmount();
    await eventLoopTurn();
    expect(runtime.state).not.toBe("open");
  });

  it("closes an orphan that nobody used, as soon as its module ran again", async () => {
    const first = openClientRuntime("orphan");
    const runtime = await first.load();
    openClientRuntime("orphan");
    expect(runtime.state).not.toBe("open");
  });
});

function ShowsRuntime(): ReactNode {
  return useAsupersyncRuntime()?.state;
}
