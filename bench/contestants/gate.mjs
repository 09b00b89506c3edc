/** Tells when so many bodies have come to their wait: what preparing a cancellation waits for. */

/**
 * @param {number} count
 * @returns {{ pass(): void, passed: Promise<void> }} `passed` resolves with the last `pass`.
 */
export function openGate(count) {
  let left = count;
  let open;
  const passed = new Promise((resolve) => {
    open = resolve;
  });
  return {
    pass() {
      left -= 1;
      if (left === 0) open();
    },
    passed,
  };
}
