/** Owns `cx.frame`: the wait for the next time that the page is drawn. */
import { addOperation } from "../cx.js";
import { AsupersyncError } from "../errors.js";
import type { Op } from "../op.js";
import type { TaskRecord } from "../task.js";
import { callbackOp } from "./callback.js";

addOperation("frame", frameOp);

declare module "../cx.js" {
  interface Cx {
    /**
     * Waits until the page is about to be drawn, and gives the time of the frame in milliseconds, as
     * `requestAnimationFrame` does. The body goes on before that drawing, unless the slice is used up.
     *
     * A hidden page is not drawn: the wait goes on until it is shown, or the task is cancelled. Race it
     * with `cx.sleep` where something must happen all the same.
     *
     * @example
     * ```ts
     * while (stillMoving()) draw(await cx.frame());
     * ```
     * @throws {AsupersyncError} `UNSUPPORTED` where there are no frames, as in Node.
     */
    frame(): Op<number>;
  }
}

function frameOp(task: TaskRecord): Op<number> {
  const { requestAnimationFrame, cancelAnimationFrame } = globalThis;
  if (typeof requestAnimationFrame !== "function") {
    throw new AsupersyncError("UNSUPPORTED", "none", {
      expected: "a host with requestAnimationFrame",
      mend: "wait by cx.sleep(16) or interval(cx, 16) where nothing is drawn",
    });
  }
  return callbackOp<number>(task, "frame", (resolve) => {
    const id = requestAnimationFrame(resolve);
    return () => cancelAnimationFrame(id);
  });
}
