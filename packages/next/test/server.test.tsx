/** The server's side, where a client file is rendered: nothing is opened, misuse says what to do. */
import { type ReactNode, StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { describe, expect, it, vi } from "vitest";
import {
  createClientRuntime,
  createWorkerRuntime,
  withAsupersyncClientBoundary,
} from "../src/index.js";

function Dashboard(): ReactNode {
  throw new Error("expected no rendering of the component on the server");
}

describe("a client file on the server", () => {
  it("makes a client runtime at module level without doing anything", () => {
    const runtime = createClientRuntime({ label: "page" });
    expect(runtime.getSnapshot()).toEqual({ status: "idle", runtime: undefined, error: undefined });
  });

  it.each([
    ["in strict mode", (tree: ReactNode) => <StrictMode>{tree}</StrictMode>],
    ["without strict mode", (tree: ReactNode) => tree],
  ])("renders the fallback and not the component, %s", (_mode, wrap) => {
    const runtime = createClientRuntime();
    const Page = withAsupersyncClientBoundary(Dashboard, { runtime, fallback: <i>loading</i> });
    const Bare = withAsupersyncClientBoundary(Dashboard, { runtime });
    expect(renderToString(wrap(<Page />))).toBe("<i>loading</i>");
    expect(renderToString(wrap(<Bare />))).toBe("");
    expect(runtime.getSnapshot().status).toBe("idle");
  });

  it("refuses to load, in one line that says what to do", async () => {
    const runtime = createClientRuntime();
    await expect(runtime.load()).rejects.toMatchObject({
      name: "AsupersyncNextError",
      code: "NEXT_SERVER_USE",
      mend: expect.stringContaining("effect"),
    });
    await expect(runtime.load()).rejects.toThrow(/^NEXT_SERVER_USE: [^\n]+$/);
    expect(await runtime.close()).toBeUndefined();
  });

  it("makes a worker runtime that starts nothing and says where to call it", async () => {
    const make = vi.fn();
    const worker = createWorkerRuntime<{ readonly resize: () => void }>({
      worker: make,
      label: "images",
    });
    const refusal = { code: "NEXT_SERVER_USE", mend: expect.stringContaining("effect") };
    expect(await worker.run("resize")).toMatchObject({ kind: "err", error: refusal });
    await expect(worker.start()).rejects.toMatchObject(refusal);
    const misuses = [
      () => worker.call({} as never, "resize"),
      () => worker.stream({} as never, "resize"),
    ];
    for (const misuse of misuses) {
      expect(misuse).toThrow(expect.objectContaining(refusal));
      expect(misuse).toThrow(/^NEXT_SERVER_USE: [^\n]+$/);
    }
    expect(worker).toMatchObject({ label: "images", state: "idle" });
    expect(await worker.close()).toMatchObject({ outcome: "clean" });
    expect(make).not.toHaveBeenCalled();
  });
});
