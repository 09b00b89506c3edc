/** A body that ignores cancellation: what no runtime can stop from outside, and ours names. */

const TICK_MS = 250;
/** It does end by itself, long after every drain time. */
const TICKS = 240;

export async function stubborn(): Promise<void> {
  for (let tick = 0; tick < TICKS; tick++) {
    // A plain timer, not `cx.sleep`: nothing here ever looks at the cancellation.
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
}
