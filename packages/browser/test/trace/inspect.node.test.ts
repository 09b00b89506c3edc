/** Node shows tasks and runtimes as the formatter says. */
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { formatOnConsole } from "../../src/index.js";
import { withRuntime } from "../support.js";

test("util.inspect shows one line for each, alone and inside something else", async () => {
  const stop = formatOnConsole();
  try {
    await withRuntime(
      async (runtime) => {
        const task = runtime.spawn((cx) => cx.sleep(0), { label: "nap" });
        expect(inspect(runtime)).toBe('Runtime "page" open');
        expect(inspect({ tasks: [task] })).toBe('{ tasks: [ Task "nap" created ] }');
        await task.join();
      },
      { label: "page" },
    );
  } finally {
    stop();
  }
});
