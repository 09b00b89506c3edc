/** A runtime whose kernel broke leaves no request behind, and no listener. */
import { loadKernelModule } from "@asupersync/browser-core/load";
import { expect, test } from "vitest";
import { createRuntime } from "../../src/index.js";
import { deferred, faults } from "../support.js";
import { countedSignal } from "./support.js";

test("its requests are aborted at the server, headers or not, and the caller's signal is let go", async () => {
  const server = faults();
  const { controller, listeners } = countedSignal();
  const { signal } = controller;
  const module = await loadKernelModule();
  const runtime = await createRuntime({ onFailure: () => undefined });
  const unread = deferred();
  const tasks = [
    runtime.spawn((cx) => cx.fetch(server.http("/hang"), { signal })),
    runtime.spawn(async (cx) => {
      await cx.fetch(server.http("/endless"), { signal });
      unread.resolve();
      await cx.sleep(60_000);
    }),
    runtime.spawn(async (cx) => (await cx.fetch(server.http("/endless"), { signal })).text()),
  ];
  await unread.promise;
  await server.until("arrived", 3);
  expect(listeners()).toBe(1);
  module.die();
  for (const task of tasks) expect((await task.join()).kind).toBe("panicked");
  await server.until("aborted", 3);
  expect(listeners()).toBe(0);
  expect(await runtime.close()).toMatchObject({ outcome: "violations" });
});
