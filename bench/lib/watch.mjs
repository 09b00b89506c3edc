/**
 * Watches how long the event loop is kept from its turns, a page from its animation frames, and how long
 * what a page loads is on its way.
 */

import { covered } from "./statistics.mjs";

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

/**
 * For how much of the time from `start` to `end` something that was fetched was on its way, requests at
 * once counted once. `undefined` where modules are read and not fetched.
 *
 * @param {number} start By `performance.now()`.
 * @param {number} end
 */
export async function fetchedMs(start, end) {
  if (globalThis.document === undefined) return undefined;
  // The browser tells of a request in a turn after its end.
  await nextFrame();
  const requests = performance
    .getEntriesByType("resource")
    .map(({ startTime, responseEnd }) => [startTime, responseEnd]);
  return covered(requests, start, end);
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
