/** Watches how long the event loop is kept from its turns, and a page from its animation frames. */

/**
 * Gaps between animation frames, the last one ending with a frame after the work. An idle page shows
 * 17 ms. `undefined` where there are no frames.
 */
export async function watchFrames() {
  if (globalThis.requestAnimationFrame === undefined) return undefined;
  const gaps = new Gaps();
  await nextFrame();
  gaps.restart();
  let isOver = false;
  const frame = () => {
    gaps.note();
    if (!isOver) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  return {
    restart: () => gaps.restart(),
    async stop() {
      await nextFrame();
      isOver = true;
      return gaps.longestMs;
    },
  };
}

/** Gaps between turns of the event loop, taken by a task that asks for another turn every time. */
export function watchTurns() {
  const gaps = new Gaps();
  const channel = globalThis.setImmediate === undefined ? new MessageChannel() : undefined;
  const nextTurn = (callback) => {
    if (channel === undefined) return setImmediate(callback);
    channel.port1.onmessage = callback;
    channel.port2.postMessage(undefined);
  };
  let onTurn;
  const turn = () => {
    gaps.note();
    if (onTurn === undefined) return nextTurn(turn);
    channel?.port1.close();
    onTurn();
  };
  nextTurn(turn);
  return {
    async stop() {
      await new Promise((resolve) => {
        onTurn = resolve;
      });
      return gaps.longestMs;
    },
  };
}

function nextFrame() {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}

class Gaps {
  longestMs = 0;
  #last = performance.now();

  note() {
    const now = performance.now();
    if (now - this.#last > this.longestMs) this.longestMs = now - this.#last;
    this.#last = now;
  }

  restart() {
    this.longestMs = 0;
    this.#last = performance.now();
  }
}
