/** Hydration: the first client render is what the server sent, whatever is loaded by then. */
import type { Runtime } from "@asupersync/browser";
import { type ReactNode, StrictMode } from "react";
import { flushSync } from "react-dom";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { expect, it } from "vitest";
import { AsupersyncProvider, type UseTaskResult, useAsupersyncTask } from "../src/index.js";
import { atEnd, openRuntime, Probe, useProbe } from "./harness.js";

it.each([["in strict mode"], ["without strict mode"]])(
  "hydrates without a mismatch and then runs, %s",
  async (mode) => {
    const runtime = await openRuntime();
    const probe = new Probe<UseTaskResult<string>>();
    const tree = <Page runtime={runtime} probe={probe} />;
    const container = document.body.appendChild(document.createElement("div"));
    container.innerHTML = renderToString(tree);
    expect(container.textContent).toBe("idle");
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
    await probe.when((task) => task.value === "after hydration");
    expect(container.textContent).toBe("ok");
    expect(mismatches).toEqual([]);
  },
);

interface PageProps {
  readonly runtime: Runtime;
  readonly probe: Probe<UseTaskResult<string>>;
}

function Page(props: PageProps): ReactNode {
  return (
    <AsupersyncProvider runtime={props.runtime}>
      <Subject probe={props.probe} />
    </AsupersyncProvider>
  );
}

function Subject({ probe }: Pick<PageProps, "probe">): ReactNode {
  const task = useAsupersyncTask(async () => "after hydration", []);
  useProbe(probe, task);
  return task.status;
}
