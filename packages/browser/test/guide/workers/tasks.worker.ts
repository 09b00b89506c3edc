/** The worker of the guide's page on workers, as a user writes it. */
import { defineTasks, transfer, type WorkerCx } from "@asupersync/browser/worker";

// tasks.worker.ts
export const tasks = defineTasks({
  async grey(cx, image: { width: number; data: Uint8ClampedArray<ArrayBuffer> }) {
    const { data } = image;
    for (let at = 0; at < data.length; at += 4) {
      if (at % 65_536 === 0) await cx.checkpoint(); // here it can be cancelled
      data.fill(((data[at] ?? 0) + (data[at + 1] ?? 0) + (data[at + 2] ?? 0)) / 3, at, at + 3);
    }
    return transfer(image, [data.buffer]);
  },

  async parse(cx: WorkerCx<{ row: number }>, text: string) {
    let row = 0;
    for (const line of text.split("\n")) {
      if (line === "") continue;
      row += 1;
      await cx.report({ row }); // waits while the page is behind
    }
    return row;
  },
});
