/** A server component or route handler: importing is safe, calling says where to call instead. */
import { expect, it, vi } from "vitest";
import {
  createClientRuntime,
  createWorkerRuntime,
  withAsupersyncClientBoundary,
} from "../src/index.js";

// What a bundler puts in the place of a "use client" module where it builds server components.
vi.mock("../src/client-marker.js", () => ({
  clientMarker: Object.assign(() => undefined, {
    $$typeof: Symbol.for("react.client.reference"),
    $$id: "client-marker.js#clientMarker",
  }),
}));

const refusal = {
  name: "AsupersyncNextError",
  code: "NEXT_SERVER_USE",
  mend: expect.stringContaining('"use client"'),
};

it("refuses createClientRuntime in one line that says what to do", () => {
  expect(() => createClientRuntime()).toThrow(expect.objectContaining(refusal));
  expect(() => createClientRuntime()).toThrow(/^NEXT_SERVER_USE: [^\n]*createClientRuntime[^\n]*$/);
});

it("refuses withAsupersyncClientBoundary in one line that says what to do", () => {
  const runtime = { getSnapshot: vi.fn(), subscribe: vi.fn(), load: vi.fn() };
  const wrap = () => withAsupersyncClientBoundary(() => null, { runtime });
  expect(wrap).toThrow(expect.objectContaining(refusal));
  expect(wrap).toThrow(/^NEXT_SERVER_USE: [^\n]*withAsupersyncClientBoundary[^\n]*$/);
});

it("refuses createWorkerRuntime in one line that says what to do", () => {
  const make = () => createWorkerRuntime({ worker: vi.fn() });
  expect(make).toThrow(expect.objectContaining(refusal));
  expect(make).toThrow(/^NEXT_SERVER_USE: [^\n]*createWorkerRuntime[^\n]*$/);
});
