// @vitest-environment node
/** What the server does with the package: renders idle, opens nothing, runs nothing. */
import type { Runtime } from "@asupersync/browser";
import { type ReactNode, StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { describe, expect, it } from "vitest";
import {
  AsupersyncProvider,
  createRuntimeStore,
  useAsupersyncCancellationTree,
  useAsupersyncRuntime,
  useAsupersyncScope,
  useAsupersyncTask,
} from "../src/index.js";

describe.each([
  ["in strict mode", (tree: ReactNode) => <StrictMode>{tree}</StrictMode>],
  ["without strict mode", (tree: ReactNode) => tree],
])("on the server, %s", (_mode, wrap) => {
  it("renders every hook in its first state and runs nothing", () => {
    const calls: string[] = [];
    const html = renderToString(
      wrap(
        <AsupersyncProvider options={{ label: "never opened" }}>
          <Everything calls={calls} />
        </AsupersyncProvider>,
      ),
    );
    expect(html.replaceAll("<!-- -->", "")).toBe(
      "<p>task idle, scope none, runtime none, 0 live</p>",
    );
    expect(calls).toEqual([]);
  });

  it("does not touch the runtime, promise or store that it is given", () => {
    const touched: string[] = [];
    const runtime = new Proxy({} as Runtime, {
      get: (_target, property) => {
        touched.push(String(property));
        return undefined;
      },
    });
    const store = createRuntimeStore();
    for (const source of [runtime, new Promise<Runtime>(() => undefined), store]) {
      const html = renderToString(
        wrap(
          <AsupersyncProvider runtime={source}>
            <Everything calls={touched} />
          </AsupersyncProvider>,
        ),
      );
      expect(html).toContain("idle");
    }
    expect(touched).toEqual([]);
    expect(store.getSnapshot().status).toBe("idle");
  });
});

function Everything({ calls }: { readonly calls: string[] }): ReactNode {
  const task = useAsupersyncTask(async () => calls.push("body"), []);
  const scope = useAsupersyncScope();
  const runtime = useAsupersyncRuntime();
  const { root } = useAsupersyncCancellationTree();
  return (
    <p>
      task {task.status}, scope {scope === undefined ? "none" : "there"}, runtime{" "}
      {runtime === undefined ? "none" : "there"}, {root.children.length} live
    </p>
  );
}
